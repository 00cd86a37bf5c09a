"""Checks that `.ci/run` makes of the package as it is installed.

python scripts/release/ci_checks.py page genflow-digits # the page is self-contained,
has its pictures and no defects python scripts/release/ci_checks.py answers # what needs
no model answers without loading PyTorch python scripts/release/ci_checks.py wheel
FOLDER # the package works from a wheel that is installed in FOLDER
"""

import json
import re
import subprocess
import sys
from pathlib import Path

MOST = 6_000_000  # bytes of a page


def page(folder: str) -> None:
    """What `genflow reproduce` wrote is whole, refers to nothing outside itself, names
    its models, and reports no defect"""
    html, results = (
        Path(folder, "index.html").read_text(),
        json.loads(Path(folder, "results.json").read_text()),
    )
    models = len({run["recipe"] for run in results["runs"]})
    assert len(html.encode()) <= MOST, (
        f"the page has {len(html.encode()):,} bytes, more than {MOST:,}"
    )
    assert not re.search(r'(src|href)="(?!data:|#)', html), (
        "the page refers to something outside itself"
    )
    places = set(re.findall(r' id="([\w-]+)"', html))
    assert set(re.findall(r'href="#([\w-]+)"', html)) <= places, (
        "the contents lead nowhere"
    )
    opening = re.search(r'(?s)<section id="opening".*?</section>', html)[0]
    named = re.findall(r'<b class="name">(.*?)</b>', opening)
    assert len(set(named)) == models >= 2 and opening.count("<img ") == models + 1, (
        f"the opening picture has {named}"
    )
    assert html.count("data:image/png;base64,") >= 3 * models and not re.search(
        r'<img [^>]*alt=""', html
    )
    assert not any(run.get("bound", {}).get("defects") for run in results["runs"])


def answers() -> None:
    """What needs no model, `list`, `show` and the help of every subcommand, answers
    without what takes long to load"""
    from genflow.command import COMMANDS

    questions = [
        ["--help"],
        ["list"],
        ["show", "mnist-gan"],
        ["train", "mnist-gan", "--help"],
        ["sweep", "mnist-gan", "--help"],
    ]
    for words in [*questions, *([name, "--help"] for name in COMMANDS)]:
        subprocess.run(
            [sys.executable, "-c", ASK.format(words=words)],
            check=True,
            stdout=subprocess.DEVNULL,
        )


ASK = """
import sys
from genflow.command import main

try:
    main({words})
except SystemExit as end:
    assert not end.code, end.code
heavy = {{"torch", "numpy", "scipy", "sklearn", "matplotlib", "jinja2"}}
heavy = sorted(heavy & set(sys.modules))
assert not heavy, f"genflow {{' '.join({words})}} loads {{', '.join(heavy)}}"
"""


def wheel(folder: str) -> None:
    """The package imports from where it was installed, with its assets and without
    development packages"""
    sys.path.insert(0, folder)
    import genflow

    assert genflow.__file__.startswith(folder), genflow.__file__
    assert not {"nbdev", "ipywidgets", "torch"} & set(sys.modules), (
        "import genflow imports too much"
    )
    from importlib.resources import files

    from genflow.comparison.page import make_page
    from genflow.explore.web import exhibit_shipped, explorer
    from genflow.runs.recipes import find_recipe
    from genflow.runs.run import pretrained_files
    from genflow.runs.train import train

    assert (files("genflow") / "assets" / "page.html").is_file() and len(
        pretrained_files()
    ) >= 8
    assert "<script>" in explorer(exhibit_shipped(flat=True))
    assert callable(train) and callable(make_page) and find_recipe("mnist-gan")
    assert not {"nbdev", "fastcore", "IPython", "ipywidgets"} & set(sys.modules), (
        "development packages are imported"
    )


if __name__ == "__main__":
    {"page": page, "answers": answers, "wheel": wheel}[sys.argv[1]](*sys.argv[2:])
