"""Carry out one of the project's studies and store its results under `results/`.

    python scripts/study.py NAME [--runs DIR] [--only TEXT]

Finished runs are kept, so a study can be stopped and continued, or shared between processes with `--only`, which
takes the runs whose name contains TEXT. The JSON file is written from all runs of the study that are finished.

`report` has a JSON file and samples for each of its runs, and for seed 0 more pictures and the weights. With `--trained` it
takes the finished runs as they are and trains none.
"""

import argparse
import itertools
import subprocess
import time
from pathlib import Path

import torch
from torch import Tensor, nn

from genflow.data import ImageData, load_dataset, to_uint8
from genflow.distributed import benchmark_processes
from genflow.evaluation import class_fractions
from genflow.experiments import (
    Recipe,
    draw_samples,
    evaluate,
    export_pretrained,
    find_device,
    find_recipe,
    hardware,
    is_finished,
    load,
    read_json,
    recipe_from_json,
    train,
    write_json,
    write_npz,
)
from genflow.features import Features, feature_extractor, real_features
from genflow.files import History, write_atomically
from genflow.gan import LOSSES
from genflow.latent import PATHS, interpolate, measure_path
from genflow.metrics import frechet_distance_from_features, nearest_neighbours
from genflow.steps import matrix_precision
from genflow.training import fit, seeded

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


def binary_mnist() -> dict[str, Recipe]:
    "Four priors on dynamically binarised MNIST, same networks and budget"
    return {prior: find_recipe(f"mnist-binary-vae-300-{prior}") for prior in ("standard", "mog", "vamp", "flow")}


def gan_momentum() -> dict[str, Recipe]:
    "What Adam's momentum does to a GAN on svhn-20k: the recipe as it is (0), and with the DCGAN paper's 0.5"
    recipe = find_recipe("svhn-gan").changed(dataset="svhn-20k", steps=6_000)
    betas = {momentum: (momentum, recipe.training.betas[1]) for momentum in (0.0, 0.5)}
    return {f"momentum-{m}-seed-{seed}": recipe.changed(betas=betas[m], seed=seed) for seed in (0, 1, 2) for m in betas}


STUDIES = {"flow-prior-gain": flow_prior_gain, "binary-mnist": binary_mnist, "gan-momentum": gan_momentum}
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
            with matrix_precision():
                metrics = evaluate(folder, k=IMPORTANCE_SAMPLES.get(name, 1_000))
            write_json(folder / "metrics.json", {**metrics, "revision": revision()})
            if recipe.training.seed == 0:
                keep_pictures(folder, root / "results" / name)
    finished = {run: runs / name / run / "metrics.json" for run in recipes}
    rows = {run: read_json(path) for run, path in finished.items() if path.is_file()}
    description = STUDIES[name].__doc__
    write_json(root / "results" / f"{name}.json", {"study": name, "description": description, "runs": rows})
    print(f"{len(rows)} of {len(recipes)} runs in results/{name}.json")


REPORT_SCHEMA = 1  # of the files in results/report
REPORT = {  # recipes by data set, each with its own budget
    "mnist": ("mnist-vae-mlp", "mnist-vae-mlp-flow", "mnist-gan"),
    "svhn-20k": ("svhn-vae-cnn", "svhn-vae-cnn-flow", "svhn-gan"),
}


def report_runs() -> dict[str, Recipe]:
    "Every run of the report, by name"
    return {
        f"{name}-{dataset}-seed-{seed}": find_recipe(name).changed(dataset=dataset, seed=seed)
        for dataset, names in REPORT.items()
        for name in names
        for seed in (0, 1, 2)
    }


def report(runs: Path, only: str, trained: bool) -> None:
    "The report's models on both data sets, three seeds each: everything its pages show"
    place = root / "results" / "report"
    place.mkdir(parents=True, exist_ok=True)
    for run, recipe in report_runs().items():
        folder, result = runs / "report" / run, place / f"{run}.json"
        stored = recipe_from_json(read_json(result)["recipe_used"]) if result.is_file() else None
        if only not in run or (stored == recipe and (place / f"{run}-samples.npz").is_file()):
            continue
        if not is_finished(folder, recipe):
            if trained:
                print(f"{run}: not there, or not trained to the end by today's recipe")
                continue
            print(f"{run}: training", flush=True)
            train(recipe, folder, resume=(folder / "config.json").is_file())
        print(f"{run}: evaluation", flush=True)
        with matrix_precision():
            store_run(folder, place)
        if recipe.training.seed == 0:
            asset = root / "genflow" / "assets" / "pretrained" / f"{recipe.name}.safetensors"
            asset.parent.mkdir(exist_ok=True)
            export_pretrained(folder, asset, {"revision": revision()})


def store_run(folder: Path, place: Path) -> None:
    "Evaluate a run, measure its paths and neighbours, and write its JSON, its samples and, for seed 0, its other pictures"
    metrics = read_json(folder / "metrics.json") if (folder / "metrics.json").is_file() else {}
    if "revision" not in metrics:
        metrics = {**evaluate(folder), "revision": revision()}
        write_json(folder / "metrics.json", metrics)
    model, data = load(folder), load_dataset(metrics["data"])
    features = feature_extractor("digit", data.name, device=next(model.parameters()).device)
    samples = draw_samples(model, 1_000)  # the first of those that were evaluated
    neighbours, nearest = measure_neighbours(samples, data, features)
    about = {"schema": REPORT_SCHEMA, "study": "report", "run": folder.name}
    facts = {"history": thinned(History.load(folder / "history.csv")), "neighbours": neighbours}
    facts |= measure_paths(model, data, features)
    test, _ = real_features(data.test, features)
    facts["test_class_fractions"] = class_fractions(features.network.classifier, test)
    facts["looks"] = measure_looks(samples, features)
    facts["test_looks"] = measure_looks(data.test[: len(samples)], features)
    write_json(place / f"{folder.name}.json", {**metrics, **about, **facts})
    write_images(place / f"{folder.name}-samples.npz", samples=samples[:100])
    if metrics["training_seed"] == 0:
        write_images(place / f"{folder.name}-neighbours.npz", **nearest)
        for path in paths_of(model):
            write_images(place / f"{folder.name}-{path}.npz", images=strips(model, path))


def paths_of(model: nn.Module) -> list[str]:
    "The paths that a model offers"
    return [path for path in PATHS if path != "flow" or hasattr(model.prior, "flow")]


def measure_paths(model: nn.Module, data: ImageData, features: Features, n: int = 2_000) -> dict:
    "Every path in numbers, with the Fréchet distance of the images in its middle, and of as many samples, to test images"
    _, real = real_features(data.test, features)
    with seeded(1, next(model.parameters()).device):
        a, b = model.sample_latent(2 * n).chunk(2)
    measured = {}
    for path in paths_of(model):
        middles = model.decode(interpolate(a, b, 3, path, model.prior)[1]).clamp(0, 1)
        distance = frechet_distance_from_features(real, features(middles))
        measured[path] = {**measure_path(model, features, path), "middle_frechet": distance}
    distance = frechet_distance_from_features(real, features(model.decode(a).clamp(0, 1)))
    return {"paths": measured, "ends_frechet": distance, "frechet_images": n}


def measure_neighbours(samples: Tensor, data: ImageData, features: Features, shown: int = 8) -> tuple[dict, dict]:
    "How near samples are to their nearest training image, beside test images; and those of the first few, as images"
    measured, nearest = {"samples": len(samples)}, {}
    for space, embed in {"pixels": lambda x: x[:].flatten(1).cpu(), "features": features}.items():
        train = embed(data.train)
        distances, found = nearest_neighbours(embed(samples), train)
        held_out, _ = nearest_neighbours(embed(data.test.subset(slice(0, len(samples)))), train)
        measured[space] = {
            "median": distances.median().item(),
            "smallest": distances.min().item(),
            "test_median": held_out.median().item(),
            "test_smallest": held_out.min().item(),
        }
        nearest[f"nearest_{space}"] = data.train[found[:shown, 0].cpu()]
    return measured, nearest


def measure_looks(images: Tensor, features: Features) -> dict[str, float]:
    "Brightness, mean absolute difference of adjacent pixels, and the share that the digit classifier is 90 % sure of"
    across, down = images.diff(dim=3).abs().mean().item(), images.diff(dim=2).abs().mean().item()
    surest = features.network.classifier.head(features(images)).softmax(1).amax(1)
    sure = (surest >= 0.9).float().mean().item()
    return {"brightness": images.mean().item(), "sharpness": (across + down) / 2, "recognised": sure}


def strips(model: nn.Module, path: str, rows: int = 5, n: int = 10) -> Tensor:
    "Images along paths between draws of the prior, shape (rows, n, C, H, W)"
    with seeded(0, next(model.parameters()).device):
        a, b = model.sample_latent(2 * rows).chunk(2)
    z = interpolate(a, b, n, path, model.prior).transpose(0, 1)  # (rows, n, L)
    return model.decode(z.flatten(0, 1)).unflatten(0, (rows, n)).cpu()


def write_images(path: Path, **images: Tensor) -> None:
    "Write images in [0, 1] as compressed arrays of bytes, under 300 kB"
    write_npz(path, **{name: to_uint8(x.clamp(0, 1)).numpy() for name, x in images.items()})
    assert path.stat().st_size < 300_000, f"{path.name} takes {path.stat().st_size:,} bytes"


def thinned(history: History, rows: int = 60) -> dict:
    "At most `rows` rows, the last among them, to six significant digits; null where a row lacks a value"
    kept = history.rows[:: -max(1, -(-len(history.rows) // rows))][::-1]
    columns = history.columns
    rounded = [[None if row.get(c) is None else float(f"{row[c]:.6g}") for c in columns] for row in kept]
    return {"columns": columns, "rows": rounded}


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
    base = find_recipe("mnist-gan").changed(steps=2_000, width=16)
    stored = read_json(place) if place.is_file() else {}
    rows = stored["rows"] if stored.get("recipe_used") == base.to_json() else []
    protocol = "2,000 steps, width 16; 10,000 samples against the 10,000 test images of mnist, digit features"
    about = {"study": "gan-losses", "description": gan_losses.__doc__, "recipe_used": base.to_json()}
    about |= {"protocol": protocol, "hardware": hardware(device)}
    done = {(row["loss"], row["regulariser"], row["seed"]) for row in rows}
    for seed, (loss, regulariser) in itertools.product(range(seeds), games):
        if (loss, regulariser, seed) in done:
            continue
        recipe = base.changed(loss=loss, regulariser=regulariser, seed=seed, log_every=2_000)
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
        write_json(place, {**about, "rows": rows})


def processes() -> None:
    "Does a second process help on this machine? A step of svhn-vae-cnn on svhn-20k, one thread for each process"
    about = {"study": "processes", "description": processes.__doc__, "data": "svhn-20k"}
    facts = {"hardware": hardware(find_device("cpu")), "revision": revision()}
    rows = benchmark_processes("svhn-vae-cnn", dataset="svhn-20k")
    write_json(root / "results" / "processes.json", {**about, **facts, "rows": rows})


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", choices=[*STUDIES, "flow-prior-survey", "gan-losses", "processes", "report"])
    parser.add_argument("--runs", type=Path, default=root / "runs", help="folder for the runs")
    parser.add_argument("--only", default="", help="take the runs whose name contains this")
    parser.add_argument("--trained", action="store_true", help="of the report: train nothing")
    parser.add_argument("--seeds", type=int, default=None, help="of the survey and of the losses")
    arguments = parser.parse_args()
    if arguments.name == "flow-prior-survey":
        survey(arguments.seeds or 50)
    elif arguments.name == "processes":
        processes()
    elif arguments.name == "gan-losses":
        gan_losses(arguments.seeds or 3)
    elif arguments.name == "report":
        report(arguments.runs, arguments.only, arguments.trained)
    else:
        carry_out(arguments.name, arguments.runs, arguments.only)


if __name__ == "__main__":
    main()
