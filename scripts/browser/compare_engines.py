"""Compare two ways of computing models in a browser: our own JavaScript, and ONNX with
onnxruntime-web.

    npm install onnxruntime-web@1.30.0
    python scripts/browser/compare_engines.py node_modules/onnxruntime-web \
        [--latents 1000] [--out results/engines.json]

For each way one page with everything inside it is written and opened from the disk,
without a network: the models, and the programs that compute them. Measured are the time
from opening to the first image of the first model, the largest difference to PyTorch
over the same latents, the time for one image, and how many bytes have to be loaded. The
browser is the system's Chromium, with one thread for either way.
"""

import argparse
import base64
import json
import tempfile
from importlib.resources import files
from pathlib import Path

import torch
from browser_models_test import computed, explorer, received
from browser_test import chromium, new_page, root
from playwright.sync_api import Page
from torch import Tensor

from genflow.contracts import GenerativeModel
from genflow.devices import hardware
from genflow.explore.export import export_onnx
from genflow.explore.web import exhibit_shipped, write_explorer
from genflow.files import measured_now, write_json
from genflow.runs.run import pretrained

# the first is shown first
MODELS = ("mnist-vae-mlp-flow", "mnist-gan", "svhn-vae-cnn-flow", "svhn-gan")

# The page of the second way: programs and graphs are text inside it, since a page on
# the disk cannot load files
ONNX_PAGE = """<!doctype html><meta charset="utf-8"><title>onnxruntime-web</title>
<script id="graphs" type="application/json">%(graphs)s</script>
<script id="wasm" type="text/plain">%(wasm)s</script>
<script id="loader" type="text/plain">%(loader)s</script>
<script>%(library)s</script>
<script>
const bytes = text => Uint8Array.from(atob(text), letter => letter.charCodeAt(0));
const inside = id => document.getElementById(id).textContent;
const run = (session, points, length) => {
  const tensor = new ort.Tensor('float32', Float32Array.from(points), [1, length]);
  return session.run({[session.inputNames[0]]: tensor});
};
const sessions = {};
window.ready = (async () => {
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmBinary = bytes(inside('wasm')).buffer;
  const loader = new Blob([bytes(inside('loader'))], {type: 'text/javascript'});
  ort.env.wasm.wasmPaths = {mjs: URL.createObjectURL(loader)};
  let first;
  for (const [name, graph] of Object.entries(JSON.parse(inside('graphs')))) {
    const options = {executionProviders: ['wasm']};
    sessions[name] = await ort.InferenceSession.create(bytes(graph), options);
    if (!first) {
      await run(sessions[name], new Float32Array(%(length)d), %(length)d);
      first = performance.now();
    }
  }
  return first;
})();
</script>"""
RUN_GRAPH = """async ([name, points]) => {
    const times = [], results = [];
    for (const point of points) {
        const began = performance.now();
        const result = await run(sessions[name], point, point.length);
        results.push(Object.values(result)[0].data);
        times.push(performance.now() - began);
    }
    const bytes = new Uint8Array(await new Blob(results).arrayBuffer());
    let letters = '';
    for (let i = 0; i < bytes.length; i += 4096)
        letters += String.fromCharCode(...bytes.subarray(i, i + 4096));
    return [times, btoa(letters)];
}"""


def encoded(path: Path) -> str:
    "A file's content as text"
    return base64.b64encode(path.read_bytes()).decode()


def tasks(model: GenerativeModel, latents: int) -> dict[str, tuple[Tensor, Tensor]]:
    "What is computed of a model: points, one in a row, and what PyTorch makes of them"
    u = torch.randn(
        latents, model.latent_dim, generator=torch.Generator().manual_seed(0)
    )
    if "flow" not in model.curves:
        return {"decode": (u, model.decode(u).flatten(1))}
    z = model.prior.from_base(u)
    return {"decode": (z, model.decode(z).flatten(1)), "fromBase": (u, z)}


def score(found: Tensor, milliseconds: float, expected: Tensor) -> dict[str, float]:
    "Largest difference to what is expected, and how long one took"
    return {
        "off": float(f"{(found - expected).abs().max().item():.2g}"),
        "milliseconds": round(milliseconds, 2),
    }


def own(
    page: Page, place: Path, models: dict[str, GenerativeModel], latents: int
) -> dict:
    "Measure our own JavaScript"
    exhibits = {
        exhibit.name: exhibit for exhibit in exhibit_shipped() if exhibit.name in models
    }
    path = write_explorer(place / "own.html", list(exhibits.values()))
    page.goto(path.as_uri())
    first, scores = int(explorer(page).get_attribute("data-first")), {}
    for i, name in enumerate(exhibits):
        for what, (points, expected) in tasks(models[name], latents).items():
            scores[f"{name} {what}"] = score(*computed(page, i, points, what), expected)
    program = files("genflow") / "assets" / "browser" / "engine.js"
    sizes = {
        "program": len(program.read_bytes()),
        "weights": sum(len(e.weights) for e in exhibits.values()),
    }
    return {
        "first": first,
        "bytes": {**sizes, "page": path.stat().st_size},
        "scores": scores,
    }


def onnx(
    page: Page,
    place: Path,
    models: dict[str, GenerativeModel],
    latents: int,
    package: Path,
) -> dict:
    "Measure onnxruntime-web"
    graphs = {}
    for name, model in models.items():
        for path, what in zip(
            export_onnx(model, place / f"{name}.onnx"), ("decode", "fromBase")
        ):
            graphs[f"{name} {what}"] = path
    parts = {
        "library": package / "dist" / "ort.wasm.min.js",
        "loader": package / "dist" / "ort-wasm-simd-threaded.mjs",
        "wasm": package / "dist" / "ort-wasm-simd-threaded.wasm",
    }
    first_model = next(iter(models.values()))
    path = place / "onnx.html"
    path.write_text(
        ONNX_PAGE
        % {
            "graphs": json.dumps(
                {name: encoded(graph) for name, graph in graphs.items()}
            ),
            "wasm": encoded(parts["wasm"]),
            "loader": encoded(parts["loader"]),
            "library": parts["library"].read_text().replace("</script", "<\\/script"),
            "length": first_model.latent_dim,
        }
    )
    page.goto(path.as_uri())
    first, scores = round(page.evaluate("() => ready")), {}
    for name, model in models.items():
        for what, (points, expected) in tasks(model, latents).items():
            found, milliseconds = received(
                *page.evaluate(RUN_GRAPH, [f"{name} {what}", points.tolist()]), latents
            )
            scores[f"{name} {what}"] = score(found, milliseconds, expected)
    sizes = {"program": sum(part.stat().st_size for part in parts.values())}
    sizes |= {
        "weights": sum(graph.stat().st_size for graph in graphs.values()),
        "page": path.stat().st_size,
    }
    return {"first": first, "bytes": sizes, "scores": scores}


@torch.no_grad()
def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument(
        "package", type=Path, help="folder of the npm package onnxruntime-web"
    )
    parser.add_argument("--latents", type=int, default=1_000, help="of each model")
    parser.add_argument("--out", type=Path, default=root / "results" / "engines.json")
    arguments = parser.parse_args()
    models = {name: pretrained(name, "cpu") for name in MODELS}
    version = json.loads((arguments.package / "package.json").read_text())["version"]
    with chromium() as browser, tempfile.TemporaryDirectory() as place:
        engines = {}
        with new_page(browser, root / "screenshots", "own") as page:
            engines["own JavaScript"] = own(
                page, Path(place), models, arguments.latents
            )
        with new_page(browser, root / "screenshots", "onnx") as page:
            found = onnx(
                page, Path(place), models, arguments.latents, arguments.package
            )
            engines[f"onnxruntime-web {version}"] = found
        about = {
            "latents": arguments.latents,
            "browser": browser.version,
            "hardware": hardware(torch.device("cpu")),
            **measured_now(),
        }
    write_json(arguments.out, {**about, "engines": engines})
    print(arguments.out.read_text())


if __name__ == "__main__":
    main()
