"""Put trained models among those that ship: whole ones with what they score, or their
generative halves.

    python scripts/release/ship.py RUN [RUN ...] [--k 1000]
    python scripts/release/ship.py --halves RUN [RUN ...]

Each run's model goes, in half precision, to
genflow/assets/pretrained/RECIPE.safetensors. A whole model, trained on binary MNIST, is
then read and evaluated on the test images, by what `genflow evaluate RECIPE --k K`
computes, and the scores go to results/shipped.json, beside those of the models that
shipped before. Beside a half with two latent dimensions go the codes of 2,000 test
images, for the map of its latent space: genflow/assets/codes-RECIPE.safetensors.
"""

import argparse
from pathlib import Path

import torch

from genflow.devices import hardware, matrix_precision
from genflow.evaluation.scores import evaluate_model
from genflow.explore.export import export_pretrained
from genflow.explore.web import map_codes
from genflow.files import measured_now, read_json, save_tensors, write_json
from genflow.runs.run import Run, load_pretrained

root = Path(__file__).resolve().parents[2]
assets = root / "genflow" / "assets"


def asset_of(run: Run) -> Path:
    "Where a run's model ships"
    return assets / "pretrained" / f"{run.recipe.name}.safetensors"


def ship(run: Run, k: int) -> dict:
    "Write one whole model, and evaluate the file: nats per test image"
    path, made = asset_of(run), measured_now()
    export_pretrained(run, path, made, whole=True)
    with matrix_precision():
        scores = evaluate_model(
            load_pretrained(path),
            run.data(),
            (),
            run.recipe.training.inputs,
            True,
            n=2,
            k=k,
        )
    about = {"recipe_used": run.recipe.to_json(), "bytes": path.stat().st_size}
    return {
        **about,
        **made,
        "nll": scores["nll"],
        "neg_elbo": scores["bound"]["neg_elbo"],
    }


def ship_half(run: Run) -> None:
    "Write one generative half, and its codes if they can be drawn on a map"
    export_pretrained(run, asset_of(run), measured_now())
    if run.recipe.latent_dim == 2:
        drawn = map_codes(run)
        tensors = {
            "codes": drawn["codes"].half(),
            "labels": drawn["labels"].to(torch.uint8),
        }
        about = {
            "data": (
                f"{run.dataset['name']} test, the first {len(drawn['codes']):,} images"
            )
        }
        save_tensors(assets / f"codes-{run.recipe.name}.safetensors", tensors, about)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument(
        "runs",
        nargs="+",
        type=Path,
        metavar="RUN",
        help="folder that genflow train wrote",
    )
    parser.add_argument("--k", type=int, default=1_000, help="importance samples")
    parser.add_argument("--halves", action="store_true", help="generative halves alone")
    arguments = parser.parse_args()
    path = root / "results" / "shipped.json"
    results = read_json(path) if path.is_file() else {"models": {}}
    for run in map(Run, arguments.runs):
        if arguments.halves:
            ship_half(run)
        else:
            results["models"][run.recipe.name] = ship(run, arguments.k) | {
                "hardware": hardware(torch.device("cpu"))
            }
            write_json(path, results)


if __name__ == "__main__":
    main()
