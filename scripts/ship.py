"""Put whole models, trained on binary MNIST, among those that ship, and evaluate them as they ship.

    python scripts/ship.py RUN [RUN ...] [--k 1000]

Each run's model goes, with its encoder and in half precision, to genflow/assets/pretrained/RECIPE.safetensors. Then that
file is read and evaluated on the test images, by what `genflow evaluate RECIPE --k K` computes, and the scores go to
results/shipped.json, beside those of the models that shipped before.
"""

import argparse
from pathlib import Path

import torch

from genflow.devices import hardware, matrix_precision
from genflow.evaluation import evaluate_model
from genflow.experiments import Run, export_pretrained, load_pretrained
from genflow.files import read_json, write_json
from genflow.studies import revision

root = Path(__file__).resolve().parents[1]


def ship(run: Run, k: int) -> dict:
    "Write one model, and evaluate the file: nats per test image"
    path = root / "genflow" / "assets" / "pretrained" / f"{run.recipe.name}.safetensors"
    made = {"revision": revision()}
    export_pretrained(run, path, made, whole=True)
    with matrix_precision():
        scores = evaluate_model(load_pretrained(path), run.data(), (), run.recipe.training.inputs, True, n=2, k=k)
    about = {"recipe_used": run.recipe.to_json(), "bytes": path.stat().st_size}
    return {**about, **made, "nll": scores["nll"], "neg_elbo": scores["bound"]["neg_elbo"]}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN", help="folder that genflow train wrote")
    parser.add_argument("--k", type=int, default=1_000, help="importance samples")
    arguments = parser.parse_args()
    path = root / "results" / "shipped.json"
    results = read_json(path) if path.is_file() else {"models": {}}
    for run in map(Run, arguments.runs):
        results["models"][run.recipe.name] = ship(run, arguments.k) | {"hardware": hardware(torch.device("cpu"))}
        write_json(path, results)


if __name__ == "__main__":
    main()
