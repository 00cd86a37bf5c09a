"""Run every notebook with the oldest versions that settings.ini allows.

    python scripts/release/oldest.py [--folder FOLDER] [--workers 2] \
        [--notebooks runs/00_recipes runs/02_train] [--keep]

A clone of the last commit and a virtual environment go into FOLDER, a temporary one if
it is not given. Every requirement with a lower bound is installed in that very version,
of the package and of its development, and nbdev_test runs there. Without --notebooks
the result is written to results/oldest.json: versions, notebooks, and which failed.
"""

import argparse
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from configparser import ConfigParser
from pathlib import Path

from nbdev.doclinks import nbglob

from genflow.files import measured_now

root = Path(__file__).resolve().parents[2]


def oldest_versions() -> dict[str, str]:
    "The lower bound of every requirement that has one"
    ini = ConfigParser(delimiters=["="], interpolation=None)
    ini.read(root / "settings.ini", encoding="utf-8")
    settings = ini["DEFAULT"]
    found = re.findall(
        r"([\w-]+)[>=]=([\d.]+)",
        f"{settings['requirements']} {settings['dev_requirements']}",
    )
    return dict(found)


def install(folder: Path) -> Path:
    "A clone and an environment in a folder; the environment's programs"
    programs = folder / "venv" / "bin"
    if (folder / "genflow").is_dir():
        subprocess.run(["git", "pull", "-q"], cwd=folder / "genflow", check=True)
    else:
        subprocess.run(
            ["git", "clone", "-q", str(root), str(folder / "genflow")], check=True
        )
    if not programs.is_dir():
        subprocess.run([sys.executable, "-m", "venv", str(folder / "venv")], check=True)
    bounds = "".join(
        f"{name}=={version}\n" for name, version in oldest_versions().items()
    )
    (folder / "oldest.txt").write_text(bounds)
    command = [
        str(programs / "pip"),
        "install",
        "-q",
        "-c",
        str(folder / "oldest.txt"),
        "-e",
        ".[dev]",
    ]
    subprocess.run(command, cwd=folder / "genflow", check=True)
    return programs


def installed(programs: Path) -> dict[str, str]:
    "The versions that are there, of what has a lower bound"
    listed = subprocess.run(
        [programs / "pip", "list", "--format", "json"], check=True, capture_output=True
    ).stdout
    there = {
        package["name"].lower().replace("_", "-"): package["version"]
        for package in json.loads(listed)
    }
    keys = {name: name.lower().replace("_", "-") for name in oldest_versions()}
    # some are for other versions of Python
    return {name: there[key] for name, key in keys.items() if key in there}


def test(
    programs: Path, clone: Path, workers: int, only: list[str]
) -> tuple[list[str], list[str]]:
    "Notebooks that were run, and those that failed, whose last lines are printed"
    paths = {
        path.relative_to(clone / "nbs").with_suffix("").as_posix()
        for path in nbglob(clone / "nbs", as_path=True)
    }
    notebooks = sorted(name for name in paths if not only or name in only)
    environment = {
        **os.environ,
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "OMP_NUM_THREADS": "1",
    }
    environment |= {
        "TQDM_DISABLE": "1",
        "GENFLOW_CACHE": str(clone.parent / "cache"),
        "PYTHONPATH": "",
    }
    # IPython would import from the environment that is active here
    environment.pop("VIRTUAL_ENV", None)
    command = [
        str(programs / "nbdev_test"),
        "--n_workers",
        str(workers if not only else 0),
    ]
    said = ""
    for path in (
        [clone / "nbs" / f"{name}.ipynb" for name in notebooks] if only else [None]
    ):
        one = [] if path is None else ["--path", str(path)]
        done = subprocess.run(
            [*command, *one], cwd=clone, env=environment, capture_output=True, text=True
        )
        said += done.stdout + done.stderr
        if done.returncode:
            print(
                "\n".join((done.stdout + done.stderr).splitlines()[-60:]),
                file=sys.stderr,
            )
    failed = sorted(
        set(
            re.findall(
                r"(?m)^\s*(?:\S*/)?(\w+)\.ipynb$",
                said.partition("Tests Failed On The Following")[2],
            )
        )
    )
    return notebooks, failed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument(
        "--folder", type=Path, help="where clone and environment go, and stay"
    )
    parser.add_argument("--workers", type=int, default=2, help="notebooks at a time")
    parser.add_argument(
        "--notebooks",
        nargs="*",
        default=[],
        help="only these, by path below nbs; nothing is written",
    )
    arguments = parser.parse_args()
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as place:
        folder = (arguments.folder or Path(place)).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        programs = install(folder)
        versions = installed(programs)
        notebooks, failed = test(
            programs, folder / "genflow", arguments.workers, arguments.notebooks
        )
    result = {
        **measured_now(),
        "python": platform.python_version(),
        "versions": versions,
        "notebooks": len(notebooks),
        "failed": failed,
    }
    print(json.dumps(result, indent=1))
    if not arguments.notebooks:
        result["minutes"] = round((time.perf_counter() - began) / 60)
        (root / "results" / "oldest.json").write_text(
            json.dumps(result, indent=1) + "\n"
        )
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
