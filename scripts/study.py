"""Carry out one of the project's studies and store its results under `results/`.

    python scripts/study.py NAME [--runs DIR] [--only TEXT]

Finished runs are kept, so a study can be stopped and continued, or shared between processes with `--only`, which
takes the runs whose name contains TEXT. The JSON file is written from all runs of the study that are finished.
"""

import argparse
import itertools
import subprocess
import time
from pathlib import Path

import torch

from genflow.data import load_dataset
from genflow.experiments import (
    Recipe,
    draw_samples,
    evaluate,
    find_device,
    find_recipe,
    hardware,
    read_json,
    train,
    write_json,
)
from genflow.gan import LOSSES
from genflow.metrics import class_fractions, feature_extractor, frechet_distance_from_features, real_features
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


def gan_losses(seeds: int) -> None:
    "Five losses and three regularisers, and Wasserstein's own penalty: which reach all digits, and how close, in 2,000 steps?"
    place = root / "results" / "gan-losses.json"
    device = find_device()
    data = load_dataset("mnist").to(device)
    features = feature_extractor("digit", "mnist", device=device)
    _, real = real_features(data.test, features)
    games = [*itertools.product(LOSSES, ("none", "r1", "spectral")), ("wasserstein", "gradient-penalty")]
    rows = read_json(place)["rows"] if place.is_file() else []
    done = {(row["loss"], row["regulariser"], row["seed"]) for row in rows}
    for seed, (loss, regulariser) in itertools.product(range(seeds), games):
        if (loss, regulariser, seed) in done:
            continue
        recipe = find_recipe("mnist-gan").changed(
            steps=2_000, width=16, loss=loss, regulariser=regulariser, seed=seed, log_every=2_000
        )
        torch.manual_seed(seed)
        model = recipe.build(data.image_shape).to(device, memory_format=torch.channels_last)
        row = {"loss": loss, "regulariser": regulariser, "seed": seed, "revision": revision()}
        began = time.perf_counter()
        try:
            fit(model, data, recipe.training, progress=False)
        except RuntimeError as error:
            row["failure"] = str(error)
        else:
            row["seconds"] = round(time.perf_counter() - began, 1)
            vectors = features(draw_samples(model, 10_000))
            row["frechet"] = frechet_distance_from_features(real, vectors)
            row["class_fractions"] = class_fractions(features.network.classifier, vectors)
        rows.append(row)
        print(row, flush=True)
        recipe_used = find_recipe("mnist-gan").changed(steps=2_000, width=16).to_json()
        about = {"study": "gan-losses", "description": gan_losses.__doc__, "recipe_used": recipe_used}
        protocol = "2,000 steps, width 16; 10,000 samples against the 10,000 test images of mnist, digit features"
        write_json(place, {**about, "protocol": protocol, "hardware": hardware(device), "rows": rows})


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", choices=[*STUDIES, "flow-prior-survey", "gan-losses"])
    parser.add_argument("--runs", type=Path, default=root / "runs", help="folder for the runs")
    parser.add_argument("--only", default="", help="take the runs whose name contains this")
    parser.add_argument("--seeds", type=int, default=None, help="of the survey and of the losses")
    arguments = parser.parse_args()
    if arguments.name == "flow-prior-survey":
        survey(arguments.seeds or 50)
    elif arguments.name == "gan-losses":
        gan_losses(arguments.seeds or 3)
    else:
        carry_out(arguments.name, arguments.runs, arguments.only)


if __name__ == "__main__":
    main()
