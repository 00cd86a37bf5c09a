"""Try the pages that compute models in the browser: the site's, and the one that
`genflow reproduce` wrote.

    python scripts/browser/browser_models_test.py site \
        [--latents 1000] [--screenshots DIR]
    python scripts/browser/browser_models_test.py page [genflow-digits/index.html] \
        [--screenshots DIR]

`site` writes the page of the shipped models with the weights beside it, as the site has
it, and serves it on this machine, and as one file, which is opened from the disk;
`page` opens a page from the disk, beside the folders of its runs. Nothing may be asked
of the network, and a page in one file has 6 MB at most. Every model's images are
compared with PyTorch's, from the same rounded weights: many latents of each shipped
model, and of small models that have every kind of layer between them, to 1e-3 a pixel;
what the page draws at three positions is compared with the model as it was before it
was rounded, to 2/255. Every control, touch and key must change the picture; the address
must bring it back; the times are printed. Without JavaScript there must be a still
picture.
"""

import argparse
import base64
import copy
import functools
import http.server
import io
import statistics
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from browser_test import chromium, is_outside, keep, new_page, root
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect
from torch import Tensor, nn

from genflow.contracts import DecoderModel, GenerativeModel
from genflow.evaluation.latent import CURVES, interpolate
from genflow.explore.export import half_precision, unpack
from genflow.explore.web import Exhibit, exhibit_shipped, write_explorer
from genflow.models.distributions import StandardNormal
from genflow.models.flows import make_flow
from genflow.models.gan import to_unit_interval
from genflow.models.networks import (
    ConvDecoder,
    DCGenerator,
    MLPDecoder,
    ResidualGenerator,
)
from genflow.models.priors import FlowMatchingPrior, FlowPrior
from genflow.models.vae import LikelihoodMean
from genflow.registry import KINDS
from genflow.runs.run import Run, pretrained, pretrained_files
from genflow.testing import perturbed

CLOSE = 1e-3  # a pixel, in [0, 1]
LIMIT, FIRST = 30, 2_000  # ms for an image, median; ms to the first image
LARGEST = 6_000_000  # bytes of a page in one file

# Apply a method of a model to points one after the other: milliseconds of each, and all
# results as base64 of float32
COMPUTE = """async ([index, points, method]) => {
    const {load, models} = document.querySelector('.explorer').explorer;
    const model = await load(models[index]);
    const times = [], results = points.map(point => {
        const began = performance.now(), result = model[method](point);
        times.push(performance.now() - began);
        return typeof result === 'number' ? [result] : result;
    });
    const all = new Float32Array(results.length * results[0].length);
    results.forEach((result, i) => all.set(result, i * result.length));
    const bytes = new Uint8Array(all.buffer);
    let letters = '';
    for (let i = 0; i < bytes.length; i += 4096)
        letters += String.fromCharCode(...bytes.subarray(i, i + 4096));
    return [times, btoa(letters)];
}"""
# A checksum of the pixels of every visible canvas
PICTURE = """() => {
    const all = [...document.querySelectorAll('.explorer canvas')];
    const data = canvas => canvas.getContext('2d').getImageData(
        0, 0, canvas.width, canvas.height).data;
    const visible = all.filter(canvas => canvas.checkVisibility());
    return visible.map(canvas => data(canvas).reduce(
        (sum, value) => Math.imul(sum ^ value, 16777619), 2166136261)).join();
}"""


class Quiet(http.server.SimpleHTTPRequestHandler):
    "Serves files without a word"

    def log_message(self, *_):
        pass


@contextmanager
def served(folder: Path) -> Iterator[str]:
    "The address at which this machine serves a folder"
    handler = functools.partial(Quiet, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def explorer(page: Page) -> Locator:
    "The sliders, once everything is drawn"
    found = page.locator(".explorer")
    expect(found).to_have_attribute("data-drawn", "all", timeout=60_000)
    return found


def go(page: Page, place: str) -> None:
    "Lead the page to an address after the #, and wait until it is drawn"
    page.evaluate(
        "place => { document.querySelector('.explorer').dataset.drawn = ''; "
        "location.hash = place; }",
        place,
    )
    explorer(page)


def computed(
    page: Page, index: int, points: Tensor, method: str
) -> tuple[Tensor, float]:
    """What a model of the page makes of points, one in a row, and the median of the
    milliseconds for one"""
    return received(
        *page.evaluate(COMPUTE, [index, points.tolist(), method]), len(points)
    )


def received(times: list[float], content: str, rows: int) -> tuple[Tensor, float]:
    "What came from the page, one result in a row, and the median of the milliseconds"
    result = np.frombuffer(base64.b64decode(content), np.float32).reshape(rows, -1)
    return torch.from_numpy(result.copy()), statistics.median(times)


def as_shown(model: GenerativeModel, exhibit: Exhibit) -> DecoderModel:
    "The half of a model that makes images, with the weights that a page computes with"
    half = copy.deepcopy(model.decoder_model())
    half.load_state_dict(unpack(exhibit.weights), strict=False)
    return half


@torch.no_grad()
def compare_all(
    page: Page, index: int, name: str, model: GenerativeModel, latents: int
) -> None:
    """AssertionError if a model of the page differs from PyTorch's in one of many
    latents, or takes too long, twice"""
    generator = torch.Generator().manual_seed(index)
    u = torch.randn(latents, model.latent_dim, generator=generator)
    z, said = u, []
    if "flow" in model.curves:
        z = model.prior.from_base(u)
        base, density = model.prior.to_base(z), model.prior.log_prob(z)[:, None]
        for method, points, expected in [
            ("fromBase", u, z),
            ("toBase", z, base),
            ("logProb", z, density),
        ]:
            found, _ = computed(page, index, points, method)
            off = (found - expected).abs().max().item()
            assert off < CLOSE, f"{name}: {method} is {off} off"
            said.append(f"{method} {off:.1e}")
    for _ in range(2):  # another program may have been in the way once
        images, milliseconds = computed(page, index, z, "decode")
        if milliseconds < LIMIT:
            break
    off = (images - model.decode(z).flatten(1)).abs().max().item()
    assert off < CLOSE and milliseconds < LIMIT, (
        f"{name}: an image is {off} off and takes {milliseconds:.0f} ms"
    )
    print(
        f"{name}: {latents:,} images {off:.1e} off at most, {milliseconds:.1f} ms each",
        *said,
        sep="; ",
    )


def small_models() -> dict[str, DecoderModel]:
    "Untrained models that have every kind of layer, flow and output between them"
    models = {"smallest": (ConvDecoder((3, 6, 5), 4, width=2), 4, "bernoulli")}
    for channels, *sides in [(3, 17, 23), (1, 28, 28), (2, 9, 8)]:
        shape, double = (channels, *sides), (2 * channels, *sides)
        models |= {
            f"gated {shape}": (
                MLPDecoder(double, 1, (9, 6), gated=True),
                1,
                "discretised-logistic",
            ),
            f"convolutional {shape}": (
                ConvDecoder(shape, 2, width=5),
                2,
                "continuous-bernoulli",
            ),
            f"deep {shape}": (
                perturbed(ConvDecoder(shape, 2, 3, blocks=1), 0.2),
                2,
                "continuous-bernoulli",
            ),
            f"DCGAN {shape}": (DCGenerator(shape, 5, width=4), 5, "tanh"),
            f"DCGAN in groups {shape}": (
                perturbed(DCGenerator(shape, 5, 12, normalisation="group"), 0.2),
                5,
                "tanh",
            ),
            f"residual {shape}": (ResidualGenerator(shape, 5, width=4), 5, "tanh"),
        }
    return {name: small_model(*parts) for name, parts in models.items()}


@torch.no_grad()
def small_model(network: nn.Module, latent_dim: int, outputs: str) -> DecoderModel:
    """A model whose batch normalisation has seen something, whose flow moves points,
    and whose weights are float16 numbers"""
    for _ in range(3):
        network(2 * torch.randn(20, latent_dim) + 1)
    channels, *sides = network(torch.zeros(2, latent_dim)).shape[1:]
    if outputs == "tanh":
        half = DecoderModel(
            StandardNormal(latent_dim), network, to_unit_interval, (channels, *sides)
        )
    else:
        likelihood = KINDS["likelihood"][outputs]
        each = getattr(likelihood, "outputs_each", 1)
        prior = FlowPrior(make_flow(latent_dim, layers=3, hidden=(6, 4)))
        if outputs == "bernoulli":
            prior = FlowMatchingPrior(latent_dim, (7, 5), flow_steps=2)
        for parameter in prior.parameters():
            parameter.add_(0.5 * torch.randn_like(parameter))
        half = DecoderModel(
            prior, network, LikelihoodMean(likelihood), (channels // each, *sides)
        )
    half.load_state_dict(half_precision(half.state_dict()))
    return half.eval()


def kinds(parts: list[dict]) -> set[str]:
    "The kinds of layers and flows in a description"
    inner = [
        part.get(name, [])
        for part in parts
        for name in ("shortcut", "residual", "conditioner")
    ]
    return {part["kind"] for part in parts}.union(*map(kinds, inner))


def try_layers(browser: Browser, screenshots: Path, latents: int) -> None:
    """AssertionError unless every kind of layer, flow and output that a page may name
    computes what PyTorch computes"""
    torch.manual_seed(0)
    models = small_models()
    exhibits = [Exhibit.of(name, "small", model) for name, model in models.items()]
    covered = {e.about["outputs"] for e in exhibits}.union(
        *(kinds(e.about["layers"] + e.about["flows"]) for e in exhibits)
    )
    with (
        tempfile.TemporaryDirectory() as place,
        new_page(browser, screenshots, "layers") as page,
    ):
        page.goto(write_explorer(Path(place) / "index.html", exhibits).as_uri())
        offered = page.evaluate("() => [...engine.kinds]")
        assert covered == set(offered), (
            f"not tried, or not offered: {covered ^ set(offered)}"
        )
        for i, (name, model) in enumerate(models.items()):
            compare_all(page, i, name, as_shown(model, exhibits[i]), latents)
    print(f"{len(offered)} kinds of layers, flows and outputs")


@torch.no_grad()
def compare_drawn(
    page: Page, models: dict[str, GenerativeModel], group: str, curve: str
) -> None:
    """AssertionError unless the page draws, at three positions between two ends, what
    PyTorch decodes there"""
    for position in (1, 4.3, 10):
        go(page, f"group={group}&curve={curve}&at={position}&start=draw-5&end=draw-8")
        for figure in page.locator(".explorer figure").all():
            name = figure.get_attribute("data-model")
            model = models[name]
            ends = [
                page.evaluate(
                    "([n, length]) => [...engine.draw(n, length)]",
                    [n, model.latent_dim],
                )
                for n in (5, 8)
            ]
            a, b = torch.tensor(ends)
            if "flow" in model.curves:
                a, b = model.prior.from_base(torch.stack([a, b]))
            way = curve if curve in model.curves else "slerp"
            z = interpolate(a, b, 91, way, model.prior)[round(10 * (position - 1))]
            expected = (model.decode(z[None])[0] * 255).round()
            code = """canvas => {
                const {height, width} = canvas, drawing = canvas.getContext('2d');
                const {data} = drawing.getImageData(0, 0, width, height);
                return [height, width, [...data]];
            }"""
            height, width, values = figure.locator("canvas.large").evaluate(code)
            drawn = (
                torch.tensor(values)
                .view(height, width, 4)
                .permute(2, 0, 1)[: len(expected)]
            )
            off = (drawn - expected).abs().max().item()
            assert off <= 2, (
                f"{name}, {way}, position {position}: a pixel is {off:.0f}/255 off"
            )


def drawn_after(page: Page, act: Callable[[], None]) -> None:
    "Act, and wait until what follows is drawn"
    page.evaluate("() => { document.querySelector('.explorer').dataset.drawn = ''; }")
    act()
    explorer(page)


def changes(page: Page, act: Callable[[], None], what: str) -> None:
    "AssertionError unless an act changes what is drawn"
    before = page.evaluate(PICTURE)
    drawn_after(page, act)
    assert page.evaluate(PICTURE) != before, f"{what} does not change the picture"


def try_controls(page: Page, tab: str) -> int:
    "Use every control of a tab, and touch what can be touched: how many there were"
    panel = page.locator(".explorer [role=tabpanel]")
    shown = lambda role: panel.get_by_role(role).filter(visible=True).all()
    for slider in shown("slider"):
        changes(
            page,
            lambda slider=slider: slider.press("ArrowRight"),
            f"{tab}: {slider.get_attribute('id')}",
        )
    for i, choice in enumerate(shown("combobox")):  # no two ends the same
        values = [
            option.get_attribute("value") for option in choice.locator("option").all()
        ]
        if others := [value for value in values if value != choice.input_value()]:
            other = others[-1 - i % len(others)]
            changes(
                page,
                lambda c=choice, o=other: c.select_option(o),
                f"{tab}: choosing {other}",
            )
    for button in shown("button"):
        changes(page, button.click, f"{tab}: {button.inner_text()}")
    for i, number in enumerate(shown("spinbutton")):
        changes(
            page,
            lambda number=number, i=i: number.fill(f"{41 + i}"),
            f"{tab}: a number",
        )
    for i, canvas in enumerate(
        panel.locator("canvas.touchable").filter(visible=True).all()
    ):
        box = canvas.bounding_box()
        spot = {
            "x": (0.15 + 0.2 * i) * box["width"],
            "y": (0.3 + 0.1 * i) * box["height"],
        }
        changes(
            page,
            lambda canvas=canvas, spot=spot: canvas.click(position=spot),
            f"{tab}: touching {i}",
        )
    # a mouse that passes over a map
    for canvas in panel.locator("canvas.map").filter(visible=True).all():
        before = page.evaluate(PICTURE)
        changes(
            page,
            lambda canvas=canvas: canvas.hover(position={"x": 30, "y": 50}),
            f"{tab}: passing over a map",
        )
        drawn_after(page, lambda: page.mouse.move(1, 1))
        assert page.evaluate(PICTURE) == before, (
            f"{tab}: the point does not go back when the mouse leaves"
        )
    return (
        panel.locator("input, select, button, canvas.touchable")
        .filter(visible=True)
        .count()
    )


def look(browser: Browser, address: str, screenshots: Path, name: str) -> None:
    """Screenshots of every tab, wide and narrow, light and dark; AssertionError if a
    page is wider than the screen"""
    for width, height, phone in ((1280, 900, False), (390, 844, True)):
        options = {"viewport": {"width": width, "height": height}, "has_touch": phone}
        with new_page(browser, screenshots, f"{name} {width}", **options) as page:
            page.goto(address)
            explorer(page)
            for tab in page.get_by_role("tab").all():
                drawn_after(page, tab.tap if phone else tab.click)
                page.wait_for_timeout(400)  # the caption follows a little later
                for scheme in ("light", "dark"):
                    page.emulate_media(color_scheme=scheme)
                    page.wait_for_timeout(100)  # the map is drawn anew
                    keep(
                        page,
                        screenshots,
                        f"{name} {tab.inner_text()} {width} {scheme}",
                        full_page=name == "models",
                    )
            wide = page.evaluate("() => document.documentElement.scrollWidth")
            assert wide <= width, f"{name}: {wide} pixels wide on a screen of {width}"
            if phone:
                drawn_after(page, page.get_by_role("tab").first.tap)
                all_in_view(page, height)
                changes(
                    page,
                    lambda: page.locator("canvas.strip").first.tap(
                        position={"x": 20, "y": 9}
                    ),
                    "a touch",
                )


def all_in_view(page: Page, height: int) -> None:
    """AssertionError unless up to four models are in view, on a screen so high,
    together with the slider that moves them"""
    figures = page.locator(".explorer figure").all()[:4]
    page.evaluate("top => scrollBy(0, top)", figures[0].bounding_box()["y"] - 100)
    slider = page.get_by_role("slider").filter(visible=True).first.bounding_box()
    top, bottom = figures[0].bounding_box(), figures[-1].bounding_box()
    assert 0 <= slider["y"] <= slider["y"] + slider["height"] <= top["y"], (
        f"the slider is at {slider}, a model at {top}"
    )
    assert bottom["y"] + bottom["height"] <= height, (
        f"{len(figures)} models end at {bottom} on a screen of {height}"
    )


def try_page(
    browser: Browser,
    address: str,
    models: dict[str, GenerativeModel],
    screenshots: Path,
    name: str,
) -> None:
    "Everything that is asked of a page of sliders"
    with new_page(
        browser, screenshots, name, viewport={"width": 1280, "height": 1000}
    ) as page:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        for _ in range(3):  # another program may have been in the way
            asked.clear()
            page.goto(address)
            first = int(explorer(page).get_attribute("data-first"))
            if first < FIRST:
                break
        weights = [url for url in asked if url.endswith(".safetensors")]
        print(
            f"{name}: first images after {first} ms, {len(weights)} files of weights "
            "asked for"
        )
        shown = page.evaluate(
            "() => document.querySelector('.explorer').explorer.models.map(m => "
            "[m.title, m.group])"
        )
        if address.startswith("http"):
            assert len(weights) == sum(group == shown[0][1] for _, group in shown), (
                "only what is shown is loaded"
            )
        assert first < FIRST, f"the first images take {first} ms"
        for group in dict.fromkeys(group for _, group in shown):
            for curve in CURVES:
                compare_drawn(page, models, group, curve)
        print(
            f"{name}: three positions on each curve, {len(shown)} models, within 2/255"
        )
        go(page, "")
        for tab in page.get_by_role("tab").all():
            drawn_after(page, tab.click)
            print(
                f"{name}: {tab.inner_text()}: {try_controls(page, tab.inner_text())} "
                "controls change the picture"
            )
        drawn_after(page, lambda: page.get_by_role("tab").last.press("ArrowRight"))
        expect(page.get_by_role("tab").first).to_be_focused()
        page.get_by_role("checkbox").first.click()
        expect(page.get_by_role("heading", name=shown[0][0], exact=True)).to_have_count(
            0
        )
        drawn_after(page, page.get_by_role("tab").nth(1).click)
        page.wait_for_timeout(300)  # until the address is written
        picture = page.evaluate(PICTURE)
        page.reload()
        explorer(page)
        assert page.evaluate(PICTURE) == picture, (
            "the address does not bring the picture back"
        )
        assert not any(map(is_outside, asked)), (
            f"the page needs {[*filter(is_outside, asked)]}"
        )
    look(browser, address, screenshots, name)
    still(browser, address, screenshots, name)


def picture_tabs(page: Page, address: str, folder: Path) -> None:
    """Store what two tabs look like, in few colours, for the notebook that describes
    them"""
    page.goto(address)
    for name in ("Between two", "Prior against prior"):
        drawn_after(page, page.get_by_role("tab", name=name).click)
        picture = Image.open(io.BytesIO(explorer(page).screenshot())).convert("RGB")
        picture.quantize(256, dither=Image.Dither.NONE).save(
            folder / f"explorer-{name.split()[0].lower()}.png", optimize=True
        )


def still(browser: Browser, address: str, screenshots: Path, name: str) -> None:
    "AssertionError unless there is a picture without JavaScript"
    page = browser.new_page(java_script_enabled=False)
    page.goto(address)
    assert page.locator(".explorer noscript img").bounding_box()["height"] > 100
    keep(page, screenshots, f"{name} without javascript")
    page.close()


def from_disk(browser: Browser, path: Path) -> None:
    """AssertionError unless a page with its weights beside it says what to do where it
    is opened from the disk"""
    page = browser.new_page()
    page.goto(path.as_uri())
    expect(page.locator(".explorer")).to_contain_text(
        "genflow explore --out page.html", timeout=30_000
    )
    page.close()


def alone(
    browser: Browser,
    models: dict[str, GenerativeModel],
    exhibits: list[Exhibit],
    screenshots: Path,
) -> None:
    """AssertionError unless the page in one file is small enough, and works from the
    disk without a network"""
    asked: list[str] = []
    with (
        tempfile.TemporaryDirectory() as place,
        new_page(browser, screenshots, "alone") as page,
    ):
        path = write_explorer(Path(place) / "index.html", exhibits)
        size = path.stat().st_size
        assert size <= LARGEST, f"the page in one file has {size:,} bytes"
        page.on("request", lambda request: asked.append(request.url))
        page.context.set_offline(True)
        page.goto(path.as_uri())
        explorer(page)
        for group in dict.fromkeys(exhibit.group for exhibit in exhibits):
            compare_drawn(page, models, group, "flow")
        assert not any(map(is_outside, asked)), (
            f"the page needs {[*filter(is_outside, asked)]}"
        )
    print(f"in one file: {size:,} bytes, drawn from the disk without a network")


def try_site(
    browser: Browser, latents: int, pictures: Path | None, screenshots: Path
) -> None:
    "The page of the site, with the shipped models; small models first"
    try_layers(browser, screenshots, min(latents, 50))
    models = {name: pretrained(name, "cpu") for name in pretrained_files()}
    with tempfile.TemporaryDirectory() as place, served(Path(place)) as address:
        write_explorer(
            Path(place) / "index.html",
            exhibits := exhibit_shipped(),
            home="../index.html",
        )
        from_disk(browser, Path(place) / "index.html")
        alone(browser, models, exhibits, screenshots)
        address = f"{address}/index.html"
        with new_page(browser, screenshots, "models") as page:
            page.goto(address)
            explorer(page)
            for i, exhibit in enumerate(exhibits):
                compare_all(
                    page,
                    i,
                    exhibit.name,
                    as_shown(models[exhibit.name], exhibit),
                    latents,
                )
            if pictures:
                picture_tabs(page, address, pictures)
        try_page(browser, address, models, screenshots, "models")


def try_reproduced(browser: Browser, path: Path, screenshots: Path) -> None:
    "The page that `genflow reproduce` wrote, with the models of its runs"
    size = path.stat().st_size
    assert size <= LARGEST, f"{path} has {size:,} bytes"
    print(f"{path.name}: {size:,} bytes")
    models = {name: pretrained(name, "cpu") for name in pretrained_files()}
    models |= {
        config.parent.name: Run(config.parent).model("cpu")
        for config in path.parent.glob("*/config.json")
    }
    try_page(browser, path.resolve().as_uri(), models, screenshots, "reproduced")


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("what", choices=["site", "page"])
    parser.add_argument(
        "path",
        nargs="?",
        type=Path,
        default=root / "genflow-digits" / "index.html",
        help="the page",
    )
    parser.add_argument(
        "--latents",
        type=int,
        default=1_000,
        help="of each shipped model, compared with PyTorch",
    )
    parser.add_argument(
        "--pictures",
        type=Path,
        help="folder for the pictures that explore/03_web shows",
    )
    parser.add_argument(
        "--screenshots", type=Path, default=root / "screenshots", help="folder for them"
    )
    arguments = parser.parse_args()
    with chromium() as browser:
        if arguments.what == "site":
            try_site(
                browser, arguments.latents, arguments.pictures, arguments.screenshots
            )
        else:
            try_reproduced(browser, arguments.path, arguments.screenshots)


if __name__ == "__main__":
    main()
