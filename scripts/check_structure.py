"""Check that the house is built as its plan says: numbers, imports, sizes, and a test beside every definition.

    python scripts/check_structure.py

Numbers of notebooks are unique, and their order is that of the sidebar; a notebook imports only from those with smaller
numbers; no module has more than 450 lines, no exported cell more than 60, and half of them fewer than 25; every public
definition is named by a test that stands within the next two cells; every figure and table has its label once. First the
checker must find every fault that it plants.
"""

import ast
import re
import sys
from pathlib import Path
from statistics import median

import nbformat
import yaml
from nbformat.v4 import new_code_cell, new_notebook

root = Path(__file__).resolve().parents[1]
LARGEST_MODULE, LARGEST_CELL, MEDIAN_CELL, NEAREST_TEST = 450, 60, 25, 2


def is_exported(cell) -> bool:
    "Whether a cell's definitions go to the module"
    return cell.cell_type == "code" and re.match(r"#\|\s*exports?\b", cell.source) is not None


def is_test(cell) -> bool:
    "Whether a cell asserts something"
    return (
        cell.cell_type == "code"
        and not is_exported(cell)
        and bool(re.search(r"\bassert|test_\w+\(|check_\w+\(", cell.source))
    )


def module_of(notebook) -> str | None:
    "The module that a notebook exports"
    text = "\n".join(cell.source for cell in notebook.cells)
    found = re.search(r"(?m)^#\|\s*default_exp\s+(\w+)", text)
    return found[1] if found else None


def definitions(source: str) -> list[str]:
    "Public names that a cell defines at its top level"
    names = []
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.append(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names += [target.id for target in targets if isinstance(target, ast.Name)]
    return [name for name in names if not name.startswith("_")]


def faults_of_cells(notebook):
    "Exported cells that are too long, and definitions without a test beside them"
    cells = notebook.cells
    for i, cell in enumerate(cells):
        if not is_exported(cell):
            continue
        lines = cell.source.count("\n") + 1
        if lines > LARGEST_CELL:
            yield f"an exported cell of {lines} lines: {cell.source.splitlines()[1][:60]}"
        for name in definitions(cell.source):
            tests = [j for j, c in enumerate(cells) if j > i and is_test(c) and re.search(rf"\b{name}\b", c.source)]
            if not tests:
                yield f"no test names {name}"
            else:
                between = sum(not is_exported(c) or j == tests[0] for j, c in enumerate(cells[: tests[0] + 1]) if j > i)
                if between > NEAREST_TEST:
                    yield f"the first test of {name} is {between} cells away"


def faults_of_imports(stem: str, notebook, order: dict[str, str]):
    "Imports from notebooks that come later; a page may show what it makes before it says how, in a cell that is hidden"
    for cell in notebook.cells:
        if is_exported(cell) or re.match(r"#\|\s*hide", cell.source):
            for module in re.findall(r"(?m)^\s*from genflow\.(\w+) import", cell.source):
                own = order.get(module) == stem and not is_exported(cell)
                if module in order and order[module] >= stem and not own:
                    yield f"imports {module}, which is made later, in {order[module]}"


def lengths(notebooks: dict) -> list[int]:
    "Lines of every exported cell that defines something"
    cells = [cell for notebook in notebooks.values() for cell in notebook.cells if is_exported(cell)]
    return [cell.source.count("\n") + 1 for cell in cells if definitions(cell.source)]


def sidebar() -> list[str]:
    "Pages in the order of the sidebar"
    contents = yaml.safe_load((root / "_quarto.yml").read_text())["website"]["sidebar"]["contents"]
    pages = []
    for item in contents:
        pages += [item["href"]] if "href" in item else item["contents"]
    return [page if isinstance(page, str) else page["href"] for page in pages]


def faults_of_house(notebooks: dict):
    "What is wrong with the house as a whole"
    stems = [stem for stem in notebooks if stem != "index"]
    numbers = [stem[:2] for stem in stems]
    for number in {n for n in numbers if numbers.count(n) > 1}:
        yield f"the number {number} is given more than once"
    expected = ["index.ipynb", *(f"{stem}.ipynb" for stem in stems)]
    if sidebar() != expected:
        yield f"the sidebar's order is not that of the numbers: {sidebar()}"
    modules = {module_of(notebook) for notebook in notebooks.values()} - {None}
    for path in sorted((root / "genflow").glob("[a-z]*.py")):
        lines = path.read_text().count("\n")
        if path.stem not in modules:
            yield f"genflow/{path.name} is made by no notebook"
        if lines > LARGEST_MODULE:
            yield f"genflow/{path.name} has {lines} lines"
    if (middle := median(lengths(notebooks))) >= MEDIAN_CELL:
        yield f"the median exported cell has {middle:g} lines"


def test_checker() -> None:
    "AssertionError unless every planted fault is found, and none in what is sound"
    body, test = "#| exports\ndef f(x):\n    return x", "assert f(1) == 1"

    def faults(*sources):
        notebook = new_notebook(cells=[new_code_cell(source) for source in sources])
        return [
            *faults_of_cells(notebook),
            *faults_of_imports("20_b", notebook, {"a": "10_a", "b": "20_b", "c": "30_c"}),
        ]

    assert not faults("#| export\nfrom genflow.a import x", "#| hide\nfrom genflow.b import f", body, test)
    planted = {
        "no test names f": [body, "assert True"],
        "first test of f is 3 cells": [body, "x = 1", "y = 2", test],
        "cell of 63 lines": ["#| exports\ndef f(x):\n" + "    x\n" * 60 + "    return x", test],
        "imports c": ["#| export\nfrom genflow.c import x"],
        "imports b": ["#| export\nfrom genflow.b import f"],
    }
    for fault, sources in planted.items():
        assert any(fault in found for found in faults(*sources)), (fault, faults(*sources))


def main():
    test_checker()
    paths = sorted((root / "nbs").glob("[!_.]*.ipynb"))
    notebooks = {path.stem: nbformat.read(path, as_version=4) for path in paths}
    order = {module: stem for stem, notebook in notebooks.items() if (module := module_of(notebook))}
    found = list(faults_of_house(notebooks))
    for stem, notebook in notebooks.items():
        one = [*faults_of_cells(notebook), *(faults_of_imports(stem, notebook, order) if stem != "index" else [])]
        found += [f"{stem}: {fault}" for fault in one]
    print("\n".join(found) or f"{len(notebooks)} notebooks, {len(order)} modules, no faults")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
