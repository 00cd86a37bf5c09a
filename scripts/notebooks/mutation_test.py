"""Change one thing at a time in the exported cells of the notebooks, and see whether
their tests notice.

    python scripts/notebooks/mutation_test.py [--notebooks models/02_vae ...] \
        [--sample 30] [--seed 0] [--by-hand] [--others] [--store before] [--least 0.9]

The changes are those of `mutants.py` on the syntax tree, or with `--by-hand` those that
`mutations.py` lists. A mutant is caught if a cell of its notebook raises, or the rest
of it takes two minutes of the processor: cells run in order in one process, as
`nbdev_test` runs them, flagged ones left out. At each exported cell one child is forked
per mutant, which executes the mutated cell and what follows; folders for temporary
files, cache and home are the run's own and are put back after each.

`--others` tries what survived on the notebooks that import the module, with a copy of
the package that holds the mutant. `--store LABEL` writes the outcome to
results/mutation.json under that label. `--least SHARE` sets the exit status to 1 if a
smaller share of all mutants was caught. Runs on systems that can fork.
"""

import argparse
import json
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

for name, value in (
    ("OMP_NUM_THREADS", "1"),
    ("TQDM_DISABLE", "1"),
    ("IN_TEST", "1"),
    ("MPLBACKEND", "agg"),
):
    os.environ[name] = value

import matplotlib
import matplotlib.pyplot
import nbformat
import torch
from check_structure import is_exported, module_of, notebook_paths, root
from execnb.shell import CaptureShell
from mutants import Mutant, as_one_line, by_hand, mutants
from mutations import BY_HAND, EQUIVALENT, ONLY_CUDA, OUT_OF_REACH
from nbdev.config import get_config
from nbdev.frontmatter import FrontmatterProc
from nbdev.process import NBProcessor
from refresh import skipped

STORED = root / "results" / "mutation.json"
# seconds of the processor that a mutant may take; ten times as many by the clock
LIMIT = 120
Chosen = list[tuple[int, Mutant]]  # index of the cell among the notebook's, change


def read(name: str) -> list:
    "The cells of a notebook, with their directives"
    return NBProcessor(
        root / "nbs" / f"{name}.ipynb", procs=FrontmatterProc, process=True
    ).nb.cells


def stored(name: str) -> nbformat.NotebookNode:
    "A notebook as it is stored"
    return nbformat.read(root / "nbs" / f"{name}.ipynb", as_version=4)


def all_mutants(name: str) -> tuple[Chosen, Chosen, list[str]]:
    """A notebook's mutants from the syntax tree, those by hand, and the old texts by
    hand that are nowhere"""
    sources = {
        i: cell.source for i, cell in enumerate(stored(name).cells) if is_exported(cell)
    }
    automatic = [
        (i, mutant) for i, source in sources.items() for mutant in mutants(source)
    ]
    listed, stale = [], []
    for _, old, new, why in (entry for entry in BY_HAND if entry[0] == name):
        found = [
            (i, mutant)
            for i, source in sources.items()
            if (mutant := by_hand(source, old, new, why))
        ]
        listed += found
        stale += [] if len(found) == 1 else [old]
    return automatic, listed, stale


def reason(name: str, mutant: Mutant) -> str | None:
    "Why a mutant cannot be caught, if that is known"
    before, after = as_one_line(mutant.old), as_one_line(mutant.new)
    for notebook, old, new, why in EQUIVALENT:
        if notebook == name and as_one_line(new) == after:
            at, found = re.fullmatch(
                r"(?s)(?:(\w+(?:\.\w+)*): (?=@))?(.*)", old
            ).groups()
            if at in (None, mutant.where) and as_one_line(found) == before:
                return why
    moved = mutant.kind == "call removed" and mutant.old.replace(
        ".cpu()", ""
    ) == mutant.new.replace(".cpu()", "")
    return (
        "has an effect on a CUDA device only"
        if moved or re.search(ONLY_CUDA, " ".join(mutant.old.split()))
        else None
    )


def out_of_reach(name: str, mutant: Mutant) -> bool:
    "Whether only cells that are left out would run the mutant"
    return any(
        name == notebook and re.match(place, mutant.where)
        for notebook, place, _ in OUT_OF_REACH
    )


class Sandbox:
    """Folders for everything that a notebook may write, which can be put back as they
    were"""

    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="mutation-"))
        self.live, self.copy = self.folder / "live", self.folder / "copy"
        for name in ("tmp", "cache", "home", "nbs"):
            (self.live / name).mkdir(parents=True)
        for path in sorted(
            (root / "nbs").rglob("*")
        ):  # folders of their own, so that nothing is written into the checkout
            mirrored = self.live / path.relative_to(root)
            mirrored.mkdir() if path.is_dir() else mirrored.symlink_to(path)
        self.keep()

    def enter(self, name: str, package: Path = root) -> None:
        """Point this process to the folders, to that of a notebook, and to the package
        in another one"""
        os.environ |= {
            "MPLCONFIGDIR": matplotlib.get_configdir(),
            "TORCH_HOME": str(Path(torch.hub.get_dir()).parent),
        }
        os.environ |= {
            "TMPDIR": str(self.live / "tmp"),
            "HOME": str(self.live / "home"),
        }
        os.environ |= {
            "GENFLOW_CACHE": str(self.live / "cache"),
            "PYTHONPATH": str(package),
        }
        tempfile.tempdir = None
        sys.path.insert(0, str(package))
        os.chdir((self.live / "nbs" / name).parent)

    def signature(self) -> dict[str, tuple[int, int]]:
        "Size and time of every entry"
        return {
            str(p): (p.lstat().st_size, p.lstat().st_mtime_ns)
            for p in self.live.rglob("*")
        }

    def keep(self) -> None:
        "Remember the folders as they are"
        shutil.rmtree(self.copy, ignore_errors=True)
        shutil.copytree(self.live, self.copy, symlinks=True)
        self.kept = self.signature()

    def put_back(self) -> None:
        """Undo what was written since `keep`; the folders themselves stay, as processes
        stand in them"""
        if self.signature() == self.kept:
            return
        # what a folder holds, before the folder
        for path in sorted(self.live.rglob("*"), reverse=True):
            if path.is_symlink() or not path.is_dir():
                path.unlink()
            elif not (self.copy / path.relative_to(self.live)).is_dir():
                path.rmdir()
        shutil.copytree(self.copy, self.live, symlinks=True, dirs_exist_ok=True)
        self.kept = self.signature()

    def remove(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


def forked(task) -> str:
    """What `task` returns in a forked process of its own group; 'timeout' beyond
    `LIMIT`, 'died' without an answer"""
    inlet, outlet = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setsid()
            os.close(inlet)
            resource.setrlimit(resource.RLIMIT_CPU, (LIMIT, LIMIT + 1))
            os.write(outlet, task().encode())
        finally:
            os._exit(0)
    os.close(outlet)
    answer, until = b"", time.monotonic() + 10 * LIMIT
    os.set_blocking(inlet, False)
    while time.monotonic() < until:
        try:
            part = os.read(inlet, 65536)
        except BlockingIOError:
            time.sleep(0.01)
            continue
        answer += part
        if not part:
            break
    else:
        answer = b"timeout"
    try:
        os.killpg(child, signal.SIGKILL)
    except ProcessLookupError:
        pass
    _, status = os.waitpid(child, 0)
    os.close(inlet)
    slow = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGXCPU
    return answer.decode() or ("timeout" if slow else "died")


def silent() -> None:
    "Send what a notebook prints past the capture nowhere"
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)


def run_cells(shell: CaptureShell, cells: list, flags: set[str]) -> str:
    "Run cells up to the first exception: 'passed', or the exception"
    for cell in cells:
        if not skipped(cell, flags):
            shell.run(cell.source)
            if shell.exc:
                return f"{type(shell.exc).__name__}: {shell.exc}"[:300]
    return "passed"


def on_notebook(
    name: str, chosen: Chosen, flags: set[str], report, to_end: bool
) -> None:
    """Run a notebook in this process, beyond the last mutated cell only if `to_end`,
    and a child for each mutant; `report` gets each outcome"""
    sandbox, cells = Sandbox(), read(name)
    sandbox.enter(name)
    torch.set_num_threads(1)
    torch.manual_seed(0)
    # a job in the background ignores it
    signal.signal(signal.SIGINT, signal.default_int_handler)
    silent()
    shell = CaptureShell(root / "nbs" / f"{name}.ipynb", mpl_format="png")
    try:
        for i, cell in enumerate(
            cells if to_end else cells[: max(index for index, _ in chosen) + 1]
        ):
            here = [
                (number, mutant)
                for number, (index, mutant) in enumerate(chosen)
                if index == i
            ]
            if here:
                sandbox.keep()
            for number, mutant in here:
                task = partial(mutated, shell, mutant, cells[i + 1 :], flags)
                outcome = forked(task)
                report({"number": number, "outcome": outcome})
                sandbox.put_back()
            if run_cells(shell, [cell], flags) != "passed":
                report({"failed": f"cell {i}: {shell.exc}"})
                return
    finally:
        sandbox.remove()


def mutated(shell: CaptureShell, mutant: Mutant, rest: list, flags: set[str]) -> str:
    "Run a mutated cell and the rest of its notebook"
    shell.run(mutant.source)
    if shell.exc:
        return f"{type(shell.exc).__name__}: {shell.exc}"[:300]
    return run_cells(shell, rest, flags)


def outcomes(
    name: str, chosen: Chosen, flags: set[str], to_end: bool = True
) -> list[str]:
    """The outcome of every mutant: 'passed' if nothing noticed it; RuntimeError if the
    notebook fails without one"""
    inlet, outlet = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(inlet)
            with os.fdopen(outlet, "w") as pipe:
                on_notebook(
                    name,
                    chosen,
                    flags,
                    lambda record: print(json.dumps(record), file=pipe, flush=True),
                    to_end,
                )
        finally:
            os._exit(0)
    os.close(outlet)
    found = ["not run"] * len(chosen)
    with os.fdopen(inlet) as pipe:
        for record in map(json.loads, pipe):
            if "failed" in record:
                raise RuntimeError(f"{name} fails without a mutant: {record['failed']}")
            found[record["number"]] = record["outcome"]
            print("." if record["outcome"] != "passed" else "S", end="", flush=True)
    os.waitpid(child, 0)
    print(flush=True)
    return found


def importers(module: str) -> list[str]:
    "Notebooks that import a module"
    imported = re.compile(rf"from genflow\.{re.escape(module)} import")
    return [
        name
        for name, path in notebook_paths().items()
        if imported.search(path.read_text())
    ]


def outcome_with(name: str, package: Path, flags: set[str]) -> str:
    """What becomes of a notebook with the package in another folder: 'passed', or the
    exception"""

    def task() -> str:
        sandbox = Sandbox()
        sandbox.enter(name, package)
        silent()
        try:
            return run_cells(CaptureShell(mpl_format="png"), read(name), flags)
        finally:
            sandbox.remove()

    return forked(task)


@contextmanager
def changed_package(
    name: str, index: int, mutant: Mutant
) -> Iterator[tuple[Path, Path, str, str]]:
    """A folder with a copy of the package, the file of a notebook's module there, and
    its text without and with a mutant"""
    notebook = stored(name)
    module, texts = module_of(notebook), (notebook.cells[index].source, mutant.source)
    before, after = ("\n".join(text.split("\n")[1:]).strip() for text in texts)
    place = Path(tempfile.mkdtemp(prefix="mutation-"))
    try:
        shutil.copytree(root / "genflow", place / "genflow")
        (place / "results").symlink_to(root / "results")
        file = place / "genflow" / f"{module.replace('.', '/')}.py"
        text = file.read_text()
        file.write_text(text.replace(before, after))
        yield place, file, text, text.replace(before, after)
    finally:
        shutil.rmtree(place, ignore_errors=True)


def caught_elsewhere(
    name: str, index: int, mutant: Mutant, flags: set[str]
) -> str | None:
    """The first other notebook that fails when a copy of the package holds the mutant,
    and passes when it does not"""
    with changed_package(name, index, mutant) as (place, file, right, wrong):
        if right == wrong:
            return None
        for other in importers(module_of(stored(name))):
            file.write_text(wrong)
            if other != name and outcome_with(other, place, flags) != "passed":
                file.write_text(right)
                if outcome_with(other, place, flags) == "passed":
                    return other
        return None


def summary(
    name: str, chosen: Chosen, found: list[str], of: int, elsewhere: dict[int, str]
) -> dict:
    "What is stored of a notebook"
    known = [
        {"change": describe(mutant), "reason": why}
        for _, mutant in chosen
        if (why := reason(name, mutant))
    ]
    tried = [
        (n, mutant) for n, (_, mutant) in enumerate(chosen) if not reason(name, mutant)
    ]
    survived = [(n, mutant) for n, mutant in tried if found[n] == "passed"]
    return {
        "mutants": of,  # that there are
        "tried": len(tried),
        "caught": len(tried) - len(survived),
        "by_timeout": sum(found[n] == "timeout" for n, _ in tried),
        "caught_by_others": {
            describe(chosen[n][1]): other for n, other in elsewhere.items()
        },
        "survivors": [describe(mutant) for n, mutant in survived if n not in elsewhere],
        "left_out": known,
    }


def describe(mutant: Mutant) -> str:
    "A mutant in one line"
    kind = (
        mutant.kind
        if mutant.kind.startswith("by hand")
        else f"{mutant.kind}, line {mutant.line}"
    )
    return " ".join(f"{mutant.where} ({kind}): {mutant.old} → {mutant.new}".split())


def examine(name: str, options: argparse.Namespace, flags: set[str]) -> dict | None:
    "Try a notebook's mutants, and say how many were caught"
    automatic, listed, stale = all_mutants(name)
    for old in stale:
        print(f"{name}: a change by hand fits no exported cell, or several: {old!r}")
    of = [
        pair
        for pair in (listed if options.by_hand else automatic)
        if not out_of_reach(name, pair[1])
    ]
    chosen = of
    if options.sample and options.sample < len(of):
        chosen = random.Random(f"{options.seed} {name}").sample(of, options.sample)
    if not chosen:
        return None
    live = [n for n, (_, mutant) in enumerate(chosen) if not reason(name, mutant)]
    began = time.monotonic()
    print(f"{name}: {len(chosen)} of {len(of)} ", end="", flush=True)
    found = ["equivalent"] * len(chosen)
    for n, outcome in zip(live, outcomes(name, [chosen[n] for n in live], flags)):
        found[n] = outcome
    elsewhere = {}
    if options.others:
        for n in live:
            if found[n] == "passed" and (
                other := caught_elsewhere(name, *chosen[n], flags)
            ):
                elsewhere[n] = other
    result = summary(name, chosen, found, len(of), elsewhere)
    print(
        f"{name}: {result['caught']} of {result['tried']} caught, "
        f"{time.monotonic() - began:.0f} s"
    )
    print(
        "".join(f"  survived: {line}\n" for line in result["survivors"]),
        end="",
        flush=True,
    )
    return result


def measured_now() -> dict[str, str]:
    """What `genflow.files.measured_now` says, in a process of its own: here the package
    stays unloaded, so that every child loads the copy that it is given"""
    program = "import json, genflow.files as f; print(json.dumps(f.measured_now()))"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def store(label: str, results: dict, options: argparse.Namespace) -> None:
    """Add the outcome to the stored file; a notebook that was tried again replaces what
    was there"""
    table = json.loads(STORED.read_text()) if STORED.exists() else {}
    about = {
        "sample": options.sample,
        "seed": options.seed,
        "by_hand_only": options.by_hand,
        **measured_now(),
        "torch": torch.__version__,
    }
    for name, result in results.items():
        table.setdefault(label, {})[name] = result | about
    table[label] = dict(sorted(table[label].items()))
    STORED.write_text(json.dumps(table, indent=1, ensure_ascii=False) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument(
        "--notebooks",
        nargs="*",
        default=[],
        help=(
            "by path below nbs, such as models/02_vae; all that export something "
            "if empty"
        ),
    )
    parser.add_argument(
        "--sample",
        type=int,
        help="at most so many mutants of each notebook, drawn at random",
    )
    parser.add_argument("--seed", type=int, default=0, help="of the sample")
    parser.add_argument(
        "--by-hand",
        action="store_true",
        help="the changes listed by hand in place of those on the syntax tree",
    )
    parser.add_argument(
        "--others",
        action="store_true",
        help="try survivors on the notebooks that import the module",
    )
    parser.add_argument(
        "--store", metavar="LABEL", help="write the outcome to results/mutation.json"
    )
    parser.add_argument(
        "--least",
        type=float,
        default=0.0,
        help="share that must be caught for exit status 0",
    )
    options = parser.parse_args()
    flags = set(get_config().tst_flags.split())
    names = options.notebooks or list(notebook_paths())
    listed = {entry[0] for entry in (*BY_HAND, *EQUIVALENT, *OUT_OF_REACH)}
    if unknown := listed - notebook_paths().keys():
        sys.exit(
            "mutations.py names notebooks that there are not: "
            f"{', '.join(sorted(unknown))}"
        )
    results, failed = {}, False
    for name in names:
        try:
            result = examine(name, options, flags)
        except RuntimeError as error:
            print(error, flush=True)
            failed = True
            continue
        if result:
            results[name] = result
            if options.store:
                store(options.store, {name: result}, options)
    tried, caught = (
        sum(result[key] for result in results.values()) for key in ("tried", "caught")
    )
    caught += sum(len(result["caught_by_others"]) for result in results.values())
    print(f"{caught} of {tried} mutants caught ({caught / max(tried, 1):.1%})")
    sys.exit(failed or caught < options.least * tried)


if __name__ == "__main__":
    main()
