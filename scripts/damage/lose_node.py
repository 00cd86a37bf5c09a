"""Lose one of two nodes in the middle of a run, see how the other ends, resume, and
compare with a run that nothing disturbed.

    python scripts/damage/lose_node.py [--cases killed-host …] \
        [--out results/lose-node.json]

Two agents of torchrun on this machine, with one process each, carry out `genflow
train`. When the first checkpoint is on the disk, one node, which may be the one that
hosts the rendezvous, loses its agent and its process by SIGKILL, or one of the two, or
both fall silent by SIGSTOP and keep their connections. Then both are started again with
`--resume`. Cases that are not named stay as the file has them. Exit status 1 if the
other node goes on for more than a quarter of an hour, or if the resumed run is another
one than the undisturbed.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import torch
from crash_test import same

from genflow.devices import hardware, rendezvous
from genflow.files import load_tensors, measured_now, read_json, write_json
from genflow.settings import summary_of

root = Path(__file__).resolve().parents[2]
TRAIN = ("digits-vae-mlp-flow", "--steps", "600", "--log-every", "20")
TRAIN += ("--checkpoint-every", "20", "--device", "cpu")
PATIENCE = 900  # seconds
HOST, GUEST = 0, 1
CASES = {  # which node, which signal, to its agent and to its process
    "silent-guest": (GUEST, signal.SIGSTOP, True, True),
    "agent-of-guest": (GUEST, signal.SIGKILL, True, False),
    "killed-guest": (GUEST, signal.SIGKILL, True, True),
    "killed-host": (HOST, signal.SIGKILL, True, True),
    "process-of-guest": (GUEST, signal.SIGKILL, False, True),
    "process-of-host": (HOST, signal.SIGKILL, False, True),
}


def start(folder: Path, life: int, *words: str) -> list[subprocess.Popen]:
    "Start the agents of both nodes, the host of the rendezvous first"
    launch = [sys.executable, "-m", "torch.distributed.run", *rendezvous(nodes=2)]
    launch += ["--nproc-per-node", "1"]
    train = ["-m", "genflow", "train", *TRAIN, "--out", str(folder), *words]
    agents = []
    for node in (HOST, GUEST):
        host = ["--rdzv-conf", f"is_host={int(node == HOST)}"]
        with open(f"{folder}-{life}-{node}.log", "w") as log:
            agents.append(subprocess.Popen([*launch, *host, *train], stderr=log))
    return agents


def process_of(agent: subprocess.Popen) -> int:
    "The only process that an agent started"
    path = Path(f"/proc/{agent.pid}/task/{agent.pid}/children")
    (process,) = map(int, path.read_text().split())
    return process


def ended(process: int) -> bool:
    "Whether a process has ended"
    status = Path(f"/proc/{process}/stat")
    return (
        not status.exists() or status.read_text().rpartition(")")[2].split()[0] == "Z"
    )


def wait_until(reached, what: str) -> float:
    "Wait for a condition: the seconds that it took; TimeoutError after `PATIENCE`"
    began = time.perf_counter()
    while not reached():
        if time.perf_counter() - began > PATIENCE:
            raise TimeoutError(f"{what} took more than {PATIENCE} s")
        time.sleep(0.01)
    return time.perf_counter() - began


def lose(name: str, place: Path, reference: Path) -> dict:
    "Carry out one case: what became of the other node, and of the run"
    node, number, agent_too, process_too = CASES[name]
    folder, checkpoint = place / name, place / name / "checkpoint.safetensors"
    agents = start(folder, 1)
    wait_until(checkpoint.exists, f"the first checkpoint of {name}")
    lost, other = agents[node], agents[1 - node]
    lost_process, others_process = process_of(lost), process_of(other)
    hit = [lost.pid] * agent_too + [lost_process] * process_too
    for pid in hit:
        os.kill(pid, number)
    process_seconds = wait_until(lambda: ended(others_process), "the other process")
    seconds = process_seconds + wait_until(
        lambda: other.poll() is not None, "the other agent"
    )
    if number == signal.SIGSTOP:
        for pid in (lost.pid, lost_process):
            os.kill(pid, signal.SIGKILL)
    lost.wait()
    wait_until(lambda: ended(lost_process), "the process of the lost node")
    step = int(load_tensors(checkpoint)[1]["step"])
    said = Path(f"{folder}-1-{1 - node}.log").read_text().splitlines()
    lines = [line for line in said if line.startswith("genflow: ")]
    again = [agent.wait(PATIENCE) for agent in start(folder, 2, "--resume")]
    return {
        "process_ended_after_seconds": round(process_seconds, 1),
        "ended_after_seconds": round(seconds, 1),
        "exit_status": other.returncode,
        "line": lines[-1].replace(str(folder), "RUN") if lines else "",
        "checkpoint_of_step": step,
        "resumed_exit_statuses": again,
        "equal_bit_for_bit": again == [0, 0] and same(reference, folder),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("--cases", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--out", type=Path, default=root / "results" / "lose-node.json")
    arguments = parser.parse_args()
    os.environ |= {"OMP_NUM_THREADS": "1", "TQDM_DISABLE": "1"}
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as name:
        place, reference = Path(name), Path(name) / "undisturbed"
        statuses = [agent.wait(PATIENCE) for agent in start(reference, 1)]
        if statuses != [0, 0]:
            sys.exit(f"the undisturbed run ended with {statuses}")
        with ThreadPoolExecutor(3) as pool:  # two of the cases wait for long
            cases = {
                case: pool.submit(lose, case, place, reference)
                for case in arguments.cases
            }
        cases = {case: future.result() for case, future in cases.items()}
    if arguments.out.exists():
        cases = {**read_json(arguments.out)["cases"], **cases}
    result = {
        "test": "lose-node",
        "description": summary_of(__doc__),
        **measured_now(),
        "hardware": hardware(torch.device("cpu")),
        "steps": 600,
        "cases": cases,
    }
    write_json(arguments.out, result)
    print(json.dumps(result, indent=1, ensure_ascii=False))
    sys.exit(not all(case["equal_bit_for_bit"] for case in cases.values()))


if __name__ == "__main__":
    main()
