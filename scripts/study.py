"""Carry out one of the project's studies and store its results under `results/`.

    python scripts/study.py NAME [--runs DIR] [--only TEXT]

Finished runs are kept, so a study can be stopped and continued, or shared between processes with `--only`, which
takes the runs whose name contains TEXT. The JSON file is written from all runs of the study that are finished.
"""

import argparse
import itertools
import subprocess
from pathlib import Path

import torch

from genflow.data import load_dataset
from genflow.experiments import Recipe, evaluate, find_device, find_recipe, hardware, read_json, train, write_json
from genflow.training import fast_matrix_products, fit, write_atomically

root = Path(__file__).resolve().parents[1]


def flow_prior_gain() -> dict[str, Recipe]:
    "Flow prior against standard prior at equal steps and seeds, after 20 epochs and at the recipe's full budget"
    steps = {"20-epochs": 7_800, "full": None}
    runs = {}
    for budget, latent_dim, prior, seed in itertools.product(steps, (8, 32), ("", "-flow"), (0, 1, 2)):
        if budget == "full" and latent_dim == 32:
            continue
        recipe = find_recipe(f"mnist-vae-mlp{prior}").changed(steps=steps[budget], latent_dim=latent_dim, seed=seed)
        runs[f"{budget}-latent-{latent_dim}{prior or '-standard'}-seed-{seed}"] = recipe
    return runs


def flow_prior_svhn() -> dict[str, Recipe]:
    "The same on svhn-20k, with the convolutional VAE"
    return {
        f"svhn-20k{prior or '-standard'}-seed-0": find_recipe(f"svhn-vae-cnn{prior}").changed(
            dataset="svhn-20k", steps=2_500
        )
        for prior in ("", "-flow")
    }


def binary_mnist() -> dict[str, Recipe]:
    "Four priors on dynamically binarised MNIST, same networks and budget"
    return {prior: find_recipe(f"mnist-binary-vae-300-{prior}") for prior in ("standard", "mog", "vamp", "flow")}


STUDIES = {"flow-prior-gain": flow_prior_gain, "flow-prior-svhn": flow_prior_svhn, "binary-mnist": binary_mnist}
IMPORTANCE_SAMPLES = {"binary-mnist": 5_000}


def revision() -> str:
    "The commit that is checked out"
    command = ["git", "rev-parse", "--short", "HEAD"]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout.strip()


def keep_pictures(run: Path, place: Path) -> None:
    "Copy the samples of a run and, for a flow prior, its interpolations to the study's results"
    place.mkdir(parents=True, exist_ok=True)
    write_atomically(place / f"{run.name}.png", (run / "samples.png").read_bytes())
    if (run / "interpolation-flow.png").is_file():
        for path in ("lerp", "flow"):
            picture = f"interpolation-{path}.png"
            write_atomically(place / f"{run.name}-{picture}", (run / picture).read_bytes())


def carry_out(name: str, runs: Path, only: str) -> None:
    "Train and evaluate every run of a study that is not finished, and write what is there"
    recipes = STUDIES[name]()
    for run, recipe in recipes.items():
        folder = runs / name / run
        if only in run and not (folder / "metrics.json").is_file():
            print(f"{name}: {run}", flush=True)
            train(recipe, folder, resume=(folder / "config.json").is_file())
            with fast_matrix_products():
                metrics = evaluate(folder, k=IMPORTANCE_SAMPLES.get(name, 1_000))
            write_json(folder / "metrics.json", {**metrics, "revision": revision()})
            if recipe.training.seed == 0:
                keep_pictures(folder, root / "results" / name)
    finished = {run: runs / name / run / "metrics.json" for run in recipes}
    rows = {run: read_json(path) for run, path in finished.items() if path.is_file()}
    description = STUDIES[name].__doc__
    write_json(root / "results" / f"{name}.json", {"study": name, "description": description, "runs": rows})
    print(f"{len(rows)} of {len(recipes)} runs in results/{name}.json")


def survey(seeds: int) -> None:
    "Does the flow prior train? Many seeds, two latent sizes, three constant learning rates, 300 steps each"
    device = find_device()
    data = load_dataset("mnist").to(device)
    rows = []
    for latent_dim, rate in itertools.product((8, 32), (1e-3, 3e-3, 1e-2)):
        failures, kl, neg_elbo = [], [], []
        for seed in range(seeds):
            recipe = find_recipe("mnist-vae-mlp-flow").changed(
                latent_dim=latent_dim, steps=300, seed=seed, learning_rate=rate, schedule="constant", log_every=300
            )
            torch.manual_seed(seed)
            model = recipe.build(data.image_shape).to(device)
            try:
                last = fit(model, data, recipe.training, progress=False).rows[-1]
            except RuntimeError as error:
                failures.append(f"seed {seed}: {error}")
                continue
            kl.append(last["val_kl"])
            neg_elbo.append(last["val_neg_elbo"])
        neg_elbo_range = [min(neg_elbo), max(neg_elbo)]
        row = {"latent_dim": latent_dim, "learning_rate": rate, "runs": seeds, "non_finite": failures}
        rows.append({**row, "lowest_mean_kl": min(kl), "validation_neg_elbo": neg_elbo_range})
        print(rows[-1], flush=True)
    about = {
        "study": "flow-prior-survey",
        "description": survey.__doc__,
        "steps": 300,
        "data": "mnist",
        "split": "validation",
    }
    facts = {"hardware": hardware(device), "revision": revision(), "rows": rows}
    write_json(root / "results" / "flow-prior-survey.json", {**about, **facts})


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", choices=[*STUDIES, "flow-prior-survey"])
    parser.add_argument("--runs", type=Path, default=root / "runs", help="folder for the runs")
    parser.add_argument("--only", default="", help="take the runs whose name contains this")
    parser.add_argument("--seeds", type=int, default=50, help="of the survey")
    arguments = parser.parse_args()
    if arguments.name == "flow-prior-survey":
        survey(arguments.seeds)
    else:
        carry_out(arguments.name, arguments.runs, arguments.only)


if __name__ == "__main__":
    main()
