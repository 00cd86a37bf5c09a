"""Kill training at random moments, resume it each time, and compare the end with a run
that nothing interrupted.

    python scripts/damage/crash_test.py [--kills 30] [--steps 300] \
        [--models digits-vae-mlp ...] [--out results/crash-test.json]

Every life of a run is a process that carries out `genflow train … --resume` until
SIGKILL ends it: half of them after a random time, half at a moment when a file is
half-written. (The processes are forked from this one, which has imported everything, so
that the time goes into training.) After each kill every file of the run must be
readable; at the end weights, optimiser state and history must equal those of the
uninterrupted run bit for bit. Then the folder makes trouble: it is held by another
process, full, read-only, gone. Exit status 1 if anything is not as it should be.
"""

import argparse
import json
import os
import random
import resource
import signal
import sys
import tempfile
import time
import traceback
from contextlib import redirect_stderr, redirect_stdout
from importlib import import_module
from pathlib import Path

os.environ |= {"OMP_NUM_THREADS": "1", "TQDM_DISABLE": "1"}

import torch
from PIL import Image

from genflow.command import main as genflow
from genflow.data.sources import load_dataset
from genflow.devices import hardware
from genflow.files import load_tensors, measured_now, read_json, write_json
from genflow.runs.recipes import RECIPES, find_recipe
from genflow.runs.run import load
from genflow.settings import summary_of
from genflow.training.state import History

root = Path(__file__).resolve().parents[2]
MODELS = ("digits-vae-mlp", "digits-vae-mlp-flow", "digits-gan")
NOBODY = 65534


def start(recipe: str, folder: Path, *words: str, before=lambda: None) -> int:
    """Fork a process that calls `before` and then carries out `genflow train`; what it
    says goes to a file beside the folder"""
    if pid := os.fork():
        return pid
    status, log = 70, open(f"{folder}.log", "w", buffering=1)
    try:
        with redirect_stdout(log), redirect_stderr(log):
            before()
            genflow(["train", recipe, "--out", str(folder), "--device", "cpu", *words])
            status = 0
    except SystemExit as end:
        status = end.code
    except BaseException:
        traceback.print_exc(file=log)
    finally:
        os._exit(status)


def status_of(pid: int) -> int:
    "Wait for a process: its exit status, or minus the signal that ended it"
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def is_writing(folder: Path) -> bool:
    "Whether a file is half-written at this moment"
    return any(folder.glob(".*.tmp"))


def live(recipe: str, folder: Path, delay: float, aim: bool) -> int:
    """Start or resume a run and kill it after `delay` seconds, or at the next write
    after them; its exit status"""
    pid, began = start(recipe, folder, "--resume"), time.perf_counter()
    while not os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
        if time.perf_counter() - began > delay and (not aim or is_writing(folder)):
            if aim:
                time.sleep(random.uniform(0, 0.002))
            os.kill(pid, signal.SIGKILL)
            break
        time.sleep(0.0002)
    return status_of(pid)


def unreadable(folder: Path) -> list[str]:
    "Names of the files in a run that cannot be read as what they are"
    readers = {
        ".safetensors": load_tensors,
        ".csv": History.load,
        ".json": read_json,
        ".png": lambda p: Image.open(p).load(),
    }
    faults = []
    for path in folder.iterdir() if folder.is_dir() else []:
        if path.suffix in readers:
            try:
                readers[path.suffix](path)
            except Exception as error:
                faults.append(f"{path.name}: {error}")
    if (folder / "model.safetensors").exists():
        load(folder, "cpu")
    return faults


def same(a: Path, b: Path) -> bool:
    """Whether two finished runs agree in every bit of weights, optimiser, random state
    and history"""
    for name in ("model.safetensors", "checkpoint.safetensors"):
        (tensors, about), (others, about_others) = (
            load_tensors(a / name),
            load_tensors(b / name),
        )
        if about != about_others or tensors.keys() != others.keys():
            return False
        if not all(torch.equal(tensors[key], others[key]) for key in tensors):
            return False
    return (a / "history.csv").read_bytes() == (b / "history.csv").read_bytes()


def crash(recipe: str, place: Path, kills: int) -> dict:
    """Kill and resume runs of a recipe until there were `kills` kills, and compare
    every run that comes to its end"""
    began, reference = time.perf_counter(), place / f"{recipe}-reference"
    if status_of(start(recipe, reference)):
        sys.exit(
            f"the uninterrupted run failed: {Path(f'{reference}.log').read_text()}"
        )
    whole = time.perf_counter() - began
    counts = {"kills": 0, "kills_while_writing": 0, "runs": 0, "resumed_from_steps": []}
    faults, equal = [], []
    while counts["kills"] < kills or not equal:
        folder, done = place / f"{recipe}-{counts['runs']}", False
        counts["runs"] += 1
        while not done:
            enough = counts["kills"] >= kills
            delay = 1e9 if enough else random.uniform(0, 0.5 * whole)
            status = live(recipe, folder, delay, aim=random.random() < 0.5)
            if status == -signal.SIGKILL:
                counts["kills"] += 1
                counts["kills_while_writing"] += is_writing(folder)
                faults += unreadable(folder)
                checkpoint = folder / "checkpoint.safetensors"
                counts["resumed_from_steps"].append(
                    int(load_tensors(checkpoint)[1]["step"])
                    if checkpoint.exists()
                    else 0
                )
            elif status:
                faults.append(
                    f"exit status {status}: {Path(f'{folder}.log').read_text()}"
                )
                done = True
            else:
                equal.append(same(reference, folder))
                done = True
        if faults:
            break
    training = find_recipe(recipe).training
    about = {
        "steps": training.steps,
        "checkpoint_every": training.checkpoint_every,
        "seconds_uninterrupted": round(whole, 1),
    }
    result = {
        **about,
        **counts,
        "unreadable_files": faults,
        "equal_bit_for_bit": bool(equal) and all(equal),
    }
    return {**result, "seconds": round(time.perf_counter() - began, 1)}


def wait_for(path: Path) -> None:
    "Wait until a file is there, for a minute at most"
    end = time.perf_counter() + 60
    while not path.exists() and time.perf_counter() < end:
        time.sleep(0.001)


def make_trouble(recipe: str, place: Path) -> dict[str, dict]:
    """What the command says, and what is left, when the folder is held, full, read-only
    or gone"""
    reference, results = place / f"{recipe}-reference", {}
    sizes = [
        (reference / f"{name}.safetensors").stat().st_size
        for name in ("model", "checkpoint")
    ]

    def become_nobody() -> None:
        if os.geteuid() == 0:
            os.seteuid(NOBODY)

    def attempt(
        name: str, expected: int, before=lambda: None, meanwhile=lambda folder: None
    ) -> None:
        folder = place / name / "run"
        folder.mkdir(parents=True)
        os.chown(folder, *([NOBODY, NOBODY] if os.geteuid() == 0 else [-1, -1]))
        os.chmod(folder.parent, 0o777)
        pid = start(recipe, folder, before=before)
        meanwhile(folder)
        status, lines = status_of(pid), Path(f"{folder}.log").read_text().splitlines()
        folder.exists() and folder.chmod(0o700)
        gone = name == "vanished"
        step = (
            0
            if gone or not (folder / "checkpoint.safetensors").exists()
            else int(load_tensors(folder / "checkpoint.safetensors")[1]["step"])
        )
        finished = gone or (
            status_of(start(recipe, folder, "--resume")) == 0
            and same(reference, folder)
        )
        # below what was found of the images
        alone = len(lines) == 2 and lines[0].startswith("digits: ")
        good = (
            status == expected
            and alone
            and not (folder.exists() and unreadable(folder))
            and finished
        )
        line = lines[-1].replace(str(folder), "RUN") if lines else ""
        results[name] = {
            "exit_status": status,
            "line": line,
            "checkpoint_of_step": step,
            "as_it_should_be": good,
        }

    def at_first_checkpoint(action):
        def meanwhile(folder: Path) -> None:
            wait_for(folder / "checkpoint.safetensors")
            action(folder)

        return meanwhile

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (sum(sizes) // 2, sum(sizes) // 2))

    attempt("full", 1, before=limit)
    attempt(
        "read-only",
        1,
        before=become_nobody,
        meanwhile=at_first_checkpoint(lambda folder: folder.chmod(0o500)),
    )
    attempt(
        "vanished",
        1,
        meanwhile=at_first_checkpoint(
            lambda folder: folder.rename(f"{folder}-elsewhere")
        ),
    )
    folder = place / "held"
    first = start(recipe, folder)
    wait_for(folder / "checkpoint.safetensors")
    second = place / "second"
    second.symlink_to(folder)
    status = status_of(start(recipe, second, "--resume"))
    lines = Path(f"{second}.log").read_text().splitlines()
    good = (status, len(lines), status_of(first)) == (2, 1, 0) and same(
        reference, folder
    )
    line = lines[-1].replace(str(second), "RUN") if lines else ""
    results["held"] = {"exit_status": status, "line": line, "as_it_should_be": good}
    return results


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("--kills", type=int, default=30, help="of every model")
    parser.add_argument(
        "--steps", type=int, default=300, help="of a run; half as many for a GAN"
    )
    parser.add_argument("--models", nargs="+", choices=MODELS, default=MODELS)
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    parser.add_argument(
        "--out", type=Path, default=root / "results" / "crash-test.json"
    )
    arguments = parser.parse_args()
    began = time.perf_counter()
    random.seed(arguments.seed)
    torch.set_num_threads(1)
    load_dataset("digits")  # imports what it needs, once for all processes
    for late in ("genflow.runs.run", "matplotlib.pyplot", "encodings.ascii"):
        import_module(late)  # the command does when it needs them
    about = {
        "test": "crash",
        "description": summary_of(__doc__),
        "seed": arguments.seed,
    }
    for name in arguments.models:
        steps = arguments.steps // 2 if "gan" in name else arguments.steps
        every = 5 if "gan" in name else 10
        recipe = find_recipe(name).changed(
            steps=steps, log_every=every, checkpoint_every=2 * every
        )
        RECIPES[name] = recipe
    with tempfile.TemporaryDirectory() as place:
        os.chmod(place, 0o755)
        cache = Path(place) / "cache"  # one that everybody may write
        cache.mkdir()
        cache.chmod(0o777)
        os.environ["GENFLOW_CACHE"] = str(cache)
        models = {
            name: crash(name, Path(place), arguments.kills) for name in arguments.models
        }
        trouble = make_trouble(arguments.models[0], Path(place))
    sound = all(
        m["equal_bit_for_bit"] and not m["unreadable_files"] for m in models.values()
    )
    sound = sound and all(t["as_it_should_be"] for t in trouble.values())
    facts = {
        "hardware": hardware(torch.device("cpu")),
        **measured_now(),
        "seconds": round(time.perf_counter() - began, 1),
    }
    result = {**about, **facts, "sound": sound, "models": models, "trouble": trouble}
    write_json(arguments.out, result)
    print(json.dumps(result, indent=1, ensure_ascii=False))
    sys.exit(not sound)


if __name__ == "__main__":
    main()
