"""When was each stored table measured, and has the code changed since that it is about?

    python scripts/release/check_tables.py

`ABOUT` lists every file in results/ that holds numbers, with the code that they depend
on. A table is old if a module there means something else now than at the revision that
the table names, with comments, layout, docstrings and imports left out; of notebooks
the text of the code cells counts. A module that has moved since counts as changed.
Where a table names several revisions, the one with most changes since counts; where it
names none, the last commit that changed the table: its numbers are of that commit or
older. An old table is reported and is no fault. The exit status is 1 if a file has no
entry, an entry no file or no code, or a revision is no commit. In a shallow clone the
ages cannot be known; there only the entries are checked.
"""

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from genflow.files import read_json, values_named

root = Path(__file__).resolve().parents[2]


def inside(folder: str, *names: str) -> tuple[str, ...]:
    "Modules of a folder of the package"
    return tuple(f"genflow/{folder}/{name}.py" for name in names)


NETWORKS = inside("models", "networks") + inside("training", "steps")
VAES = NETWORKS + inside("models", "distributions", "vae", "flows", "priors")
GANS = NETWORKS + inside("models", "gan")
MATCHING = VAES + inside("models", "continuous_flows")
BOUNDS = inside("evaluation", "scores")
QUALITY = inside("evaluation", "metrics", "features", "scores")
STEPS = (*MATCHING, *GANS, *inside("training", "loop", "state"))
TIMING = inside("bench", "benchmarks", "baselines", "timing")
PEERS = (*inside("bench", "peers", "timing"), *STEPS)
PLANTED = ("genflow", "nbs", "scripts/notebooks/mutants.py")
# JSON file in results/, or folder of such files: the files and folders that its numbers
# depend on; none for a record of what was, which is not measured again
ABOUT: dict[str, tuple[str, ...]] = {
    "bench.json": (*TIMING, *STEPS, *inside("evaluation", "metrics", "scores")),
    "bench-compiled.json": (*TIMING, *STEPS),
    "bench-gpu.json": (*TIMING, *STEPS),
    "bench-mapped.json": (
        *TIMING,
        *inside("data", "images"),
        *inside("training", "loop", "steps"),
    ),
    "bench-matching.json": (*TIMING, *STEPS),
    "bench-peers.json": PEERS,
    "bench-peers-two-threads.json": PEERS,
    "bench-reach.json": (*TIMING, *STEPS, *inside("training", "tuning")),
    "bench-reproduce.json": (*STEPS, *QUALITY, "genflow/comparison"),
    "bench-step-variants.json": (*inside("bench", "step_variants", "timing"), *STEPS),
    "bench-threads.json": (*TIMING, *STEPS),
    "binary-mnist-conv-seeds.json": (*VAES, *BOUNDS),
    "binary-mnist-conv.json": (*VAES, *BOUNDS),
    "binary-mnist-long.json": (*VAES, *BOUNDS),
    "binary-mnist-settings.json": (*VAES, *BOUNDS),
    "binary-mnist.json": (*VAES, *BOUNDS),
    "crash-test.json": (
        "scripts/damage/crash_test.py",
        "genflow/files.py",
        *inside("training", "loop", "state"),
        *inside("runs", "train"),
    ),
    "engines.json": (
        "scripts/browser/compare_engines.py",
        "genflow/assets/browser/engine.js",
        *inside("explore", "export", "web"),
    ),
    "equal-parameters.json": (*MATCHING, *QUALITY),
    "flow-kinds.json": (*VAES, *QUALITY),
    "flow-sizes.json": (*VAES, *QUALITY),
    "flow-matching.json": (*MATCHING, *QUALITY),
    "flow-prior-gain.json": (*VAES, *QUALITY),
    "flow-prior-survey-long.json": VAES,
    "flow-prior-survey.json": VAES,
    "fuzz.json": (
        "scripts/damage/fuzz.py",
        "genflow/files.py",
        *inside("data", "images", "sources"),
        *inside("runs", "hub", "recipes", "run"),
        *inside("training", "callbacks", "state"),
        *inside("evaluation", "classifier", "features"),
    ),
    "gan-losses.json": (*GANS, *QUALITY),
    "gan-search-first.json": (),
    "gan-search.json": (*GANS, *QUALITY),
    "lose-node.json": (
        "scripts/damage/lose_node.py",
        "genflow/devices.py",
        *inside("training", "loop", "state"),
        *inside("runs", "train"),
    ),
    "low-precision.json": (*VAES, *QUALITY),
    "middles.json": (*VAES, *GANS, *QUALITY, *inside("report", "measurements")),
    "mutation.json": (*PLANTED, "scripts/notebooks/mutations.py"),
    "oldest.json": ("genflow", "nbs", "settings.ini"),
    "other-features.json": (*QUALITY, *inside("evaluation", "classifier")),
    "prior-exchange.json": (*VAES, *QUALITY, *inside("report", "second_stage")),
    "processes.json": (*VAES, *inside("report", "measurements")),
    "report": (*VAES, *GANS, *QUALITY, *inside("report", "measurements")),
    "reproduce-seeds.json": (*VAES, *GANS, *QUALITY, "genflow/comparison"),
    "second-stage.json": (*MATCHING, *QUALITY, *inside("report", "second_stage")),
    "shipped.json": (*VAES, *BOUNDS),
    "svhn-gan-one-rate.json": (*GANS, *QUALITY),
    "svhn-gan-search-first.json": (),
    "svhn-gan-search.json": (*GANS, *QUALITY),
    "svhn-gan-stopped.json": (),
    "svhn-likelihood.json": (*VAES, *QUALITY),
    "temperature.json": (*VAES, *GANS, *QUALITY, *inside("report", "measurements")),
    "wrong-ideas.json": (*PLANTED, "scripts/notebooks/wrong_ideas.py"),
}
CODE = (".py", ".ipynb", ".js", ".html", ".ini", ".toml")


def git(place: Path, *words: str) -> str:
    "What a command of git says in a repository; CalledProcessError if it fails"
    return subprocess.run(
        ["git", *words], cwd=place, capture_output=True, text=True, check=True
    ).stdout.strip()


def is_commit(place: Path, revision: str) -> bool:
    "Whether a repository has a commit"
    command = ["git", "cat-file", "-e", f"{revision}^{{commit}}"]
    return subprocess.run(command, cwd=place, capture_output=True).returncode == 0


def meaning_of(source: str) -> str:
    "Python code without comments, layout, docstrings, imports and `__all__`"
    tree = ast.parse(source)
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            node.body = [part for part in body if not says_nothing(part)]
    return ast.dump(tree)


def says_nothing(part: ast.stmt) -> bool:
    "Whether a statement is an import, a string by itself, or `__all__`"
    if isinstance(part, ast.Assign):
        return ast.unparse(part.targets[0]) == "__all__"
    is_text = isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant)
    return is_text or isinstance(part, ast.Import | ast.ImportFrom)


@cache
def meaning(place: Path, blob: str, suffix: str) -> int:
    "A number that is the same for two stored files that mean the same"
    content = git(place, "cat-file", "blob", blob)
    if suffix == ".py":
        return hash(meaning_of(content))
    if suffix == ".ipynb":
        cells = json.loads(content)["cells"]
        return hash(
            tuple("".join(c["source"]) for c in cells if c["cell_type"] == "code")
        )
    return hash(content)


@cache
def code_at(place: Path, revision: str) -> dict[str, str]:
    "Every file of code of a commit, and its blob"
    lines = git(place, "ls-tree", "-r", "--full-tree", revision).splitlines()
    found = {line.partition("\t")[2]: line.split()[2] for line in lines}
    return {
        path: blob
        for path, blob in found.items()
        if Path(path).suffix in CODE and Path(path).name != "_modidx.py"
    }


def lies_in(path: str, places: Iterable[str]) -> bool:
    "Whether a file is one of some files, or in one of some folders"
    return any(path == place or path.startswith(f"{place}/") for place in places)


def changed_since(place: Path, revision: str, about: Iterable[str]) -> list[str]:
    "The files of some code that mean something else now, that went, or that came"
    then = code_at(place, revision)
    now = code_at(place, git(place, "rev-parse", "HEAD"))
    return sorted(
        path
        for path in then.keys() | now.keys()
        if lies_in(path, about)
        and then.get(path) != now.get(path)
        and (
            path not in then
            or path not in now
            or meaning(place, then[path], Path(path).suffix)
            != meaning(place, now[path], Path(path).suffix)
        )
    )


def tables(place: Path) -> list[str]:
    "The files of results/ that hold numbers, and its folders that hold such files"
    return sorted(
        path.name
        for path in (place / "results").iterdir()
        if path.suffix == ".json" or (path.is_dir() and any(path.glob("*.json")))
    )


def faults_of_entries(place: Path, about: dict[str, tuple[str, ...]]) -> list[str]:
    "Tables without an entry, entries without a table, and entries without their code"
    stored, code = set(tables(place)), code_at(place, git(place, "rev-parse", "HEAD"))
    return [
        *(f"{name} has no entry" for name in sorted(stored - about.keys())),
        *(f"{name} has an entry and no file" for name in sorted(about.keys() - stored)),
        *(
            f"{name} is about {path}, which is not there"
            for name, paths in about.items()
            for path in dict.fromkeys(paths)
            if not any(lies_in(file, [path]) for file in code)
        ),
    ]


def stored_in(place: Path, name: str) -> list[dict]:
    "What a table holds: one file, or those of a folder"
    path = place / "results" / name
    files = sorted(path.glob("*.json")) if path.is_dir() else [path]
    return [read_json(file) for file in files]


def judge(place: Path, name: str, about: tuple[str, ...]) -> tuple[str, str]:
    """'current', 'old', 'record' or 'fault', and of a table when it was measured and
    what has changed since"""
    stored = stored_in(place, name)
    named, days = (
        sorted(set(values_named(stored, word))) for word in ("revision", "date")
    )
    commits = list(named)
    for i, text in enumerate(commits):
        found = re.match("[0-9a-f]{7,40}", text)
        if not found or not is_commit(place, found[0]):
            return "fault", f"revision {text!r} is no commit"
        commits[i] = found[0]
    last = git(place, "log", "-1", "--format=%h", "--", f"results/{name}")
    if not (commits or last):
        return "fault", "it names no revision, and is in no commit"
    since = {}
    for revision in dict.fromkeys(commits or [last]):
        changed = changed_since(place, revision, about)
        span = ["rev-list", "--count", f"{revision}..HEAD", "--", *changed]
        since[revision] = (int(git(place, *span)) if changed else 0, changed)
    oldest = max(since, key=lambda revision: since[revision][0])
    day = git(place, "log", "-1", "--format=%cs", oldest)
    when = " to ".join(dict.fromkeys((days[0], days[-1]))) if days else f"code of {day}"
    if not (commits or days):
        when = f"by {day}"
    when += f", {oldest}" + f" and {len(since) - 1} more" * (len(since) > 1)
    count, changed = since[oldest]
    if not about:
        return "record", when
    if not changed:
        return "current", when
    others = f" and {len(changed) - 2} more" * (len(changed) > 2)
    files = f"{', '.join(changed[:2])}{others}"
    return "old", f"{when}; {count} commits since changed {files}"


def report(place: Path, about: dict[str, tuple[str, ...]]) -> tuple[list[str], bool]:
    "A line for each table and each fault, and whether there is none of these"
    faults = [f"fault    {fault}" for fault in faults_of_entries(place, about)]
    if git(place, "rev-parse", "--is-shallow-repository") == "true":
        said = "a shallow clone has no history: how old the tables are is not known"
        return [*faults, f"unknown  {said}"], not faults
    lines = []
    for name in tables(place):
        if name in about:
            verdict, words = judge(place, name, about[name])
            lines.append(f"{verdict:8} {name:28} {words}")
            if verdict == "fault":
                faults.append(lines.pop())
    old = sum(line.startswith("old ") for line in lines)
    summary = f"{len(lines)} tables, {old} of them older than the code they are about"
    return [*lines, *faults, summary], not faults


if __name__ == "__main__":
    if not (root / ".git").exists():
        sys.exit("the tables' ages are read from git, and this is no checkout")
    said, sound = report(root, ABOUT)
    print("\n".join(said))
    sys.exit(not sound)
