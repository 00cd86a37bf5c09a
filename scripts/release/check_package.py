"""Check the package as it is given away: its settings, its types, its archives.

    python scripts/release/check_package.py settings | bounds | types | build FOLDER

`settings`: pyproject.toml says what settings.ini says. `bounds`: oldest.py has tried
the lower bounds of settings.ini. `types`: mypy passes over code that uses the package
(a minute). `build`: an sdist and a wheel, checked, are left in FOLDER.

`types` also has mypy find errors that are planted in the code that uses the package: if
the package's types were not seen, or were all Any, it would find none. `build` makes
the wheel from the sdist, so that a file which the sdist lacks is missed at once, and
lets twine check both.
"""

import json
import re
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from configparser import ConfigParser
from pathlib import Path

from oldest import oldest_versions

root = Path(__file__).resolve().parents[2]

USE = """
import torch
from torch import Tensor

import genflow
from genflow.contracts import DecoderModel, GenerativeModel
from genflow.evaluation.scores import draw_samples, evaluate_model
from genflow.runs.run import Run
from genflow.runs.train import train
from genflow.runs.hub import from_pretrained
from genflow.runs.recipes import Recipe, find_recipe
from genflow.training.state import History
from genflow.settings import Training
from genflow.training.loop import fit
from genflow.models.vae import VAE


def use(model: VAE, z: Tensor) -> None:
    images: Tensor = draw_samples(genflow.load("run"), 3)
    shipped: GenerativeModel = genflow.pretrained("mnist-gan")
    other: DecoderModel = from_pretrained("folder").decoder_model()
    recipe: Recipe = find_recipe("mnist-gan").changed(steps=3)
    run = Run(train(recipe, progress=False))
    history: History = fit(model, run.data(), Training(steps=3))
    scores: dict = evaluate_model(model, run.data())
    terms: dict[str, Tensor] = model.terms(images)
    print(shipped.decode(z).shape, other.sample(3).shape, history["step"][-1] + 1)
    print(scores, terms)
"""

WRONG = {
    'draw_samples(genflow.load("run"), "three")': "arg-type",
    "genflow.load(3)": "arg-type",
    'genflow.pretrained("mnist-gan").smaple(3)': "operator",
    'find_recipe("mnist-gan") + 1': "operator",
    "Training(stepz=3)": "call-arg",
    'Run("run").history["step"].keys()': "attr-defined",
    "model.terms(3)": "arg-type",
    "fit(model, z, Training())": "arg-type",
}


def settings() -> None:
    """AssertionError unless every setting of [tool.nbdev] is that of settings.ini, and
    none that nbdev reads is missing"""
    if sys.version_info < (3, 11):
        print("left out: tomllib comes with Python 3.11")
        return
    import tomllib

    ini = ConfigParser(delimiters=["="], interpolation=None)
    ini.read(root / "settings.ini", encoding="utf-8")
    stated = ini["DEFAULT"]
    with open(root / "pyproject.toml", "rb") as file:
        repeated = tomllib.load(file)["tool"]["nbdev"]
    for name, value in repeated.items():
        assert str(value) == stated[name], (
            f"{name} is {stated[name]} in settings.ini, {value} in pyproject.toml"
        )
    wanted = {
        "nbs_path",
        "doc_path",
        "branch",
        "recursive",
        "readme_nb",
        "tst_flags",
        "clean_ids",
        "clear_all",
    }
    # what nbdev 3 migrates
    wanted |= {
        "put_version_in_init",
        "jupyter_hooks",
        "custom_sidebar",
        "title",
        "lib_path",
    }
    assert not (missing := wanted - set(repeated)), f"pyproject.toml lacks {missing}"
    print(f"{len(repeated)} settings, equal in both files")


def bounds() -> None:
    """AssertionError unless oldest.py has tried each lower bound of settings.ini, and
    nothing failed"""
    last, allowed = (
        json.loads((root / "results" / "oldest.json").read_text()),
        oldest_versions(),
    )
    assert not last["failed"], f"with the oldest versions, {last['failed']} failed"
    for name, version in last["versions"].items():
        assert f"{version}.".startswith(f"{allowed[name]}."), (
            f"{name} {version} was tried, {allowed[name]} is allowed"
        )
    # tomli: Python 3.10 only
    assert set(allowed) - set(last["versions"]) <= {"tomli"}, "a bound was never tried"
    print(
        f"{len(last['versions'])} lower bounds, tried with {last['notebooks']} "
        "notebooks"
    )


def types() -> None:
    """Exit unless mypy passes over code that uses the package, and finds what is wrong
    in code that misuses it"""
    with tempfile.TemporaryDirectory() as place:
        (Path(place) / "right.py").write_text(USE)
        misuse = "".join(f"    {line}\n" for line in WRONG)
        (Path(place) / "wrong.py").write_text(
            USE.replace("    images: Tensor", f"{misuse}    images: Tensor", 1)
        )
        command = [
            sys.executable,
            "-m",
            "mypy",
            "--no-error-summary",
            "--show-error-codes",
        ]
        files = [str(Path(place) / name) for name in ("right.py", "wrong.py")]
        done = subprocess.run(
            [*command, *files], cwd=root, capture_output=True, text=True
        )
    found = [line.rpartition("/")[2] for line in done.stdout.splitlines()]
    first = USE[: USE.index("    images: Tensor")].count("\n") + 1
    expected = [
        f"wrong.py:{number}: error: … [{code}]"
        for number, code in enumerate(WRONG.values(), first)
    ]
    said = [
        re.sub(r"error: .*\[", "error: … [", line)
        for line in found
        if ": error:" in line
    ]
    if said != expected:
        sys.exit(f"{done.stdout}{done.stderr}expected are {expected}")
    print(
        f"mypy: no error in code that uses the package; each of {len(WRONG)} planted "
        "errors was found"
    )


def build(folder: str) -> None:
    "Build sdist and wheel into a folder, let twine check them, and look into them"
    subprocess.run(
        [sys.executable, "-m", "build", "--outdir", folder, str(root)], check=True
    )
    (wheel,), (sdist,) = Path(folder).glob("*.whl"), Path(folder).glob("*.tar.gz")
    subprocess.run(
        [sys.executable, "-m", "twine", "check", "--strict", str(wheel), str(sdist)],
        check=True,
    )
    with zipfile.ZipFile(wheel) as archive:
        inside = set(archive.namelist())
    with tarfile.open(sdist) as archive:
        inside_source = {name.partition("/")[2] for name in archive.getnames()}
    tracked = subprocess.run(
        ["git", "ls-files", "genflow"],
        cwd=root,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    package = set(tracked.split())
    assert {"genflow/py.typed", "genflow/assets/page.html"} <= package <= inside, (
        f"the wheel lacks {package - inside}"
    )
    assert (
        package | {"settings.ini", "setup.py", "pyproject.toml", "README.md", "LICENSE"}
        <= inside_source
    )
    strange = {
        name for name in inside if not name.startswith(("genflow/", "genflow_report-"))
    }
    assert not strange, f"the wheel holds {strange}"
    print(
        f"{wheel.name}, {wheel.stat().st_size / 2**20:.1f} MB; {sdist.name}, "
        f"{sdist.stat().st_size / 2**20:.1f} MB"
    )


if __name__ == "__main__":
    {"settings": settings, "bounds": bounds, "types": types, "build": build}[
        sys.argv[1]
    ](*sys.argv[2:])
