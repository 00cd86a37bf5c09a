"""Check that `nbdev_test` fails a test that needs time to pass if the clocks stand
still, and passes it otherwise.

    python scripts/notebooks/still_clock/check.py

The tests are planted in notebooks of their own: each looks at a clock twice, in the
notebook's process or in one that it starts.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import nbformat

folder = Path(__file__).resolve().parent
MOVES = (
    "import time; before = time.{0}(); sum(range(10**6)); assert time.{0}() > before, "
    "'time.{0} stands still'"
)
STARTED = (
    "import subprocess, sys; subprocess.run([sys.executable, '-c', {0!r}], check=True)"
)


def test_of(source: str, still: bool) -> subprocess.CompletedProcess:
    "What `nbdev_test` makes of a notebook with one cell"
    environment = dict(os.environ)
    if still:
        environment["PYTHONPATH"] = os.pathsep.join(
            [str(folder), *filter(None, [os.environ.get("PYTHONPATH")])]
        )
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "planted.ipynb"
        nbformat.write(
            nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)]), path
        )
        words = ["nbdev_test", "--path", str(path)]
        return subprocess.run(
            words,
            env=environment,
            cwd=folder.parents[2],
            capture_output=True,
            text=True,
        )


if __name__ == "__main__":
    for clock in ("time", "perf_counter", "process_time"):
        for source in (MOVES.format(clock), STARTED.format(MOVES.format(clock))):
            moving, standing = (test_of(source, still) for still in (False, True))
            if moving.returncode:
                sys.exit(f"failed although the clock moves: {source}\n{moving.stderr}")
            if (
                not standing.returncode
                or f"time.{clock} stands still" not in standing.stderr
            ):
                sys.exit(
                    f"not found by a clock that stands still: {source}\n"
                    f"{standing.stderr}"
                )
    print("every planted test is found")
