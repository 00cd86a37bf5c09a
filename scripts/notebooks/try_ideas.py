"""Try wrong ideas about the equations: do the pages that state them notice?

    python scripts/notebooks/try_ideas.py [--pages models/02_vae models/03_flows] \
        [--sample 20] [--seed 0] [--store]

`wrong_ideas.py` lists them by page and equation. First the list itself is checked:
every labelled equation has two ideas, and the text that an idea replaces stands where
the list says, once. An idea is caught if a cell of the equation's page raises. Where it
changes the page's own code, the page runs up to that cell and a child is forked for it,
as in `mutation_test.py`; where it changes another notebook's, the page runs with a copy
of the package that holds it. `--sample` draws so many of all ideas; then pages do not
run beyond the last cell that one of these changes, and whether they pass as they are is
left to `nbdev_test`. `--store` writes the outcome to results/wrong-ideas.json. The exit
status is 1 if the list is at fault or an idea survived.
"""

import argparse
import json
import random
import sys
import time

import torch
from check_equations import labels
from check_structure import is_exported, notebook_paths, root
from mutants import Mutant, described, places
from mutation_test import (
    changed_package,
    measured_now,
    outcome_with,
    outcomes,
    stored,
)
from nbdev.config import get_config
from wrong_ideas import IDEAS, Idea

STORED = root / "results" / "wrong-ideas.json"
# outcomes in which no cell has raised
UNNOTICED = ("passed", "timeout", "died", "not run")
Entry = tuple[str, str, Idea]  # page, label of the equation, idea


def entries() -> list[Entry]:
    "Every idea of the list"
    return [
        (page, label, idea)
        for page, equations in IDEAS.items()
        for label, ideas in equations.items()
        for idea in ideas
    ]


def cells_with(cells: list, page: str, idea: Idea) -> list[int]:
    """Cells whose text an idea may change, one entry for each time that it stands
    there: exported ones before others"""
    code = [(i, cell) for i, cell in enumerate(cells) if cell.cell_type == "code"]
    exported = [
        i
        for i, cell in code
        if is_exported(cell)
        for _ in places(cell.source, idea.old)
    ]
    others = [
        i
        for i, cell in code
        if not is_exported(cell)
        for _ in places(cell.source, idea.old)
    ]
    return exported or ([] if idea.at not in ("", page) else others)


def faults(given: dict, notebooks: dict) -> list[str]:
    """What is wrong with the list: equations without ideas, ideas without an equation,
    and texts that stand nowhere, or twice"""
    stated = {
        (page, label)
        for page, notebook in notebooks.items()
        for label in labels(notebook)
    }
    listed = {
        (page, label): ideas
        for page, equations in given.items()
        for label, ideas in equations.items()
    }
    found = [
        f"{page}: {label} is no labelled equation"
        for page, label in sorted(listed.keys() - stated)
    ]
    for page, label in sorted(stated):
        ideas = listed.get((page, label), [])
        if (count := len({idea[1:] for idea in ideas})) < 2:
            found.append(f"{page}: {label} has {count} different wrong ideas, not two")
        for idea in ideas:
            at = idea.at or page
            if idea.old == idea.new:
                found.append(
                    f"{page}: {label} has an idea that changes nothing: {idea.old!r}"
                )
            elif (
                at not in notebooks
                or len(cells_with(notebooks[at].cells, page, idea)) != 1
            ):
                found.append(
                    f"{page}: {label} has an idea whose text does not stand once in "
                    f"{at}: {idea.old!r}"
                )
    return found


def faults_of_list() -> list[str]:
    "What is wrong with the list as it is"
    return faults(IDEAS, {name: stored(name) for name in notebook_paths()})


def place_of(page: str, label: str, idea: Idea) -> tuple[int, Mutant]:
    "The cell that an idea changes, and the change"
    cells = stored(idea.at or page).cells
    (index,) = cells_with(cells, page, idea)
    source = cells[index].source
    ((start, end),) = places(source, idea.old)
    return index, described(
        f"by hand: {idea.idea}", label, source, start, end, idea.new
    )


def outcomes_of(
    page: str, chosen: list[tuple[str, Idea]], flags: set[str], to_end: bool
) -> list[str]:
    """What becomes of each idea on a page: 'passed' if nothing noticed it; `to_end` as
    in `mutation_test.outcomes`"""
    places = [place_of(page, label, idea) for label, idea in chosen]
    own = [n for n, (_, idea) in enumerate(chosen) if idea.at in ("", page)]
    found = ["not run"] * len(chosen)
    if own:
        for n, outcome in zip(
            own, outcomes(page, [places[n] for n in own], flags, to_end), strict=True
        ):
            found[n] = outcome
    for n, (_, idea) in enumerate(chosen):
        if n not in own:
            with changed_package(idea.at, *places[n]) as (folder, _, right, wrong):
                found[n] = (
                    outcome_with(page, folder, flags) if right != wrong else "passed"
                )
    return found


def in_package(page: str, label: str, idea: Idea) -> bool:
    "Whether an idea changes the package, and not a formula that the page alone has"
    index, _ = place_of(page, label, idea)
    return is_exported(stored(idea.at or page).cells[index])


def summary(page: str, chosen: list[tuple[str, Idea]], found: list[str]) -> dict:
    "What is stored of a page"
    survivors = [
        f"{label}: {idea.idea} ({outcome})"
        for (label, idea), outcome in zip(chosen, found)
        if outcome in UNNOTICED
    ]
    return {
        "equations": len({label for label, _ in chosen}),
        "tried": len(chosen),
        "in_the_package": sum(in_package(page, *pair) for pair in chosen),
        "caught": len(chosen) - len(survivors),
        "survivors": survivors,
    }


def store(page: str, result: dict) -> None:
    "Put a page's outcome in place of what was stored of it"
    table = json.loads(STORED.read_text()) if STORED.exists() else {}
    table[page] = result | measured_now() | {"torch": torch.__version__}
    STORED.write_text(
        json.dumps(dict(sorted(table.items())), indent=1, ensure_ascii=False) + "\n"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument(
        "--pages",
        nargs="*",
        default=[],
        help="by path below nbs, such as models/02_vae; all if empty",
    )
    parser.add_argument(
        "--sample",
        type=int,
        help="so many ideas, drawn at random from all of these pages",
    )
    parser.add_argument("--seed", type=int, default=0, help="of the sample")
    parser.add_argument(
        "--store",
        action="store_true",
        help=f"write the outcome to {STORED.relative_to(root)}",
    )
    options = parser.parse_args()
    if wrong := faults_of_list():
        sys.exit("\n".join(wrong))
    chosen = [
        entry for entry in entries() if not options.pages or entry[0] in options.pages
    ]
    if options.sample and options.sample < len(chosen):
        print(f"{options.sample} of {len(chosen)} ideas, seed {options.seed}")
        chosen = random.Random(options.seed).sample(chosen, options.sample)
    flags, caught = set(get_config().tst_flags.split()), 0
    for page in dict.fromkeys(page for page, *_ in chosen):
        here, began = [pair for name, *pair in chosen if name == page], time.monotonic()
        result = summary(page, here, outcomes_of(page, here, flags, not options.sample))
        if options.store:
            store(page, result)
        caught += result["caught"]
        print(
            f"{page}: {result['caught']} of {result['tried']} caught, "
            f"{time.monotonic() - began:.0f} s"
        )
        print(
            "".join(f"  survived: {line}\n" for line in result["survivors"]),
            end="",
            flush=True,
        )
    print(f"{caught} of {len(chosen)} wrong ideas caught")
    sys.exit(caught < len(chosen))


if __name__ == "__main__":
    main()
