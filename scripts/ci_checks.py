"""Checks that `.ci/run` makes of the package as it is installed.

python scripts/ci_checks.py page genflow-digits    # the page is self-contained, has its pictures and no defects
python scripts/ci_checks.py help                   # `genflow --help` answers in under two seconds
python scripts/ci_checks.py wheel FOLDER           # the package works from a wheel that is installed in FOLDER
"""

import json
import re
import subprocess
import sys
import time
from pathlib import Path


def page(folder: str) -> None:
    "What `genflow reproduce` wrote refers to nothing outside itself, has its pictures, and reports no defect"
    html, results = Path(folder, "index.html").read_text(), json.loads(Path(folder, "results.json").read_text())
    assert not re.search(r'(src|href)="(?!data:)', html), "the page refers to something outside itself"
    assert html.count("data:image/png;base64,") >= 3 * len(results["runs"]) and len(results["runs"]) >= 2
    assert not any(run.get("bound", {}).get("defects") for run in results["runs"])


def help() -> None:
    "The second call of `genflow --help`, with everything in the system's cache, answers at once"
    for _ in range(2):
        began = time.perf_counter()
        subprocess.run(["genflow", "--help"], check=True, stdout=subprocess.DEVNULL)
    assert (seconds := time.perf_counter() - began) < 2, f"{seconds:.1f} s"


def wheel(folder: str) -> None:
    "The package imports from where it was installed, with its assets and without development packages"
    sys.path.insert(0, folder)
    import genflow

    assert genflow.__file__.startswith(folder), genflow.__file__
    assert not {"nbdev", "ipywidgets", "torch"} & set(sys.modules), "import genflow imports too much"
    from importlib.resources import files

    from genflow.explore.web import explorer
    from genflow.runs.recipes import find_recipe
    from genflow.runs.run import pretrained_files
    from genflow.runs.train import train
    from genflow.explore.web import exhibit_shipped
    from genflow.comparison.page import make_page

    assert (files("genflow") / "assets" / "page.html").is_file() and len(pretrained_files()) >= 8
    assert "<script>" in explorer(exhibit_shipped(flat=True))
    assert callable(train) and callable(make_page) and find_recipe("mnist-gan")
    assert not {"nbdev", "fastcore", "IPython", "ipywidgets"} & set(sys.modules), "development packages are imported"


if __name__ == "__main__":
    {"page": page, "help": help, "wheel": wheel}[sys.argv[1]](*sys.argv[2:])
