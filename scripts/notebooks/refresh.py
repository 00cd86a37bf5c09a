"""Execute notebooks in place and store their outputs, skipping the cells that
`nbdev_test` would skip.

    python scripts/notebooks/refresh.py [--flags "mnist slow"] \
        [nbs/models/02_vae.ipynb ...]

Without names every notebook under `nbs/` is executed. A skipped cell keeps the output
that it has. A notebook in which a cell raises is not written, and the exit status is 1.
"""

import argparse
import os
import sys
from pathlib import Path

os.environ.setdefault("TQDM_DISABLE", "1")
os.environ["IN_TEST"] = "1"  # as nbdev_test does

from execnb.nbio import read_nb, write_nb
from execnb.shell import CaptureShell
from fastcore.xtras import working_directory
from nbdev.config import get_config
from nbdev.doclinks import nbglob
from nbdev.frontmatter import FrontmatterProc
from nbdev.process import NBProcessor


def skipped(cell, flags: set[str]) -> bool:
    "Whether `nbdev_test` would skip `cell` when the test flags `flags` are off"
    if cell.cell_type != "code":
        return True
    directives = getattr(cell, "directives_", None) or {}
    never = directives.get("eval:", [""])[0].lower() == "false"
    return never or bool(flags & directives.keys())


def refresh(path: Path, flags: set[str]) -> bool:
    "Execute the notebook at `path` and store its outputs; whether it succeeded"
    notebook = NBProcessor(path, procs=FrontmatterProc, process=True).nb
    for cell in notebook.cells:
        if not skipped(cell, flags):
            cell.outputs = []
    shell = CaptureShell(path, mpl_format="png")
    with working_directory(path.parent):
        shell.run_all(
            notebook, preproc=lambda cell: shell.exc is not None or skipped(cell, flags)
        )
    if shell.exc:
        print(shell.prettytb(fname=path), file=sys.stderr)
        return False
    stored = read_nb(path)
    for cell, executed in zip(stored.cells, notebook.cells, strict=True):
        if not skipped(executed, flags):
            cell.outputs = executed.outputs
            for output in cell.outputs:
                if "image/png" in output.get("data", {}):
                    output.data.pop("image/jpeg", None)  # Pillow offers both
    write_nb(stored, path)
    return True


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("notebooks", nargs="*", type=Path)
    parser.add_argument(
        "--flags",
        default="",
        help="test flags whose cells run too, separated by spaces",
    )
    arguments = parser.parse_args()
    config = get_config()
    sys.path.insert(0, str(config.config_path))
    notebooks = arguments.notebooks or sorted(nbglob(as_path=True))
    flags = set(config.tst_flags.split()) - set(arguments.flags.split())
    failed = [path for path in notebooks if not refresh(path.resolve(), flags)]
    if failed:
        sys.exit("failed: " + ", ".join(str(path) for path in failed))


if __name__ == "__main__":
    main()
