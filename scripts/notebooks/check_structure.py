"""Check that every module is made by a notebook, and that every definition has its test
beside it.

    python scripts/notebooks/check_structure.py

Every module of the package is exported by one notebook, and every public definition of
a notebook is named by a test that stands within the next two cells. First the checker
must find every fault that it plants. Which module may import which is a contract in
pyproject.toml; that the sidebar names every page is for `scripts/site/check_site.py`.
"""

import ast
import re
import sys
from pathlib import Path

import nbformat
from nbdev.doclinks import nbglob
from nbformat.v4 import new_code_cell, new_notebook

root = Path(__file__).resolve().parents[2]
NEAREST_TEST = 2  # cells below the definition
BY_HAND = {"__init__", "__main__", "_modidx"}  # modules that no notebook makes


def notebook_paths() -> dict[str, Path]:
    "Every notebook by its name: its path below nbs/, without the suffix"
    paths = sorted(nbglob(root / "nbs", as_path=True))
    return {
        path.relative_to(root / "nbs").with_suffix("").as_posix(): path
        for path in paths
    }


def is_exported(cell) -> bool:
    "Whether a cell's definitions go to the module"
    return (
        cell.cell_type == "code"
        and re.match(r"#\|\s*exports?\b", cell.source) is not None
    )


def is_test(cell) -> bool:
    "Whether a cell asserts something"
    return (
        cell.cell_type == "code"
        and not is_exported(cell)
        and bool(re.search(r"\bassert|test_\w+\(|check_\w+\(", cell.source))
    )


def module_of(notebook) -> str | None:
    "The module that a notebook exports, such as `models.vae`"
    text = "\n".join(cell.source for cell in notebook.cells)
    found = re.search(r"(?m)^#\|\s*default_exp\s+([\w.]+)", text)
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


def components(source: str) -> dict[str, str]:
    """The kinds of the components that a cell declares, by the names of their classes
    and functions"""
    declared = {}
    for node in ast.parse(source).body:
        for mark in getattr(node, "decorator_list", ()):
            if (
                isinstance(mark, ast.Call)
                and getattr(mark.func, "id", "") == "component"
            ):
                declared[node.name] = ast.literal_eval(mark.args[0])
    return declared


def faults_of_cells(notebook):
    """Definitions without a test beside them; a component may be tested with all of its
    kind, anywhere on the page"""
    cells = notebook.cells
    kinds = {
        kind
        for c in cells
        if is_test(c)
        for kind in re.findall(r'KINDS\["([\w-]+)"\]', c.source)
    }
    for i, cell in enumerate(cells):
        declared = components(cell.source) if is_exported(cell) else {}
        for name in definitions(cell.source) if is_exported(cell) else []:
            if declared.get(name) in kinds:
                continue
            tests = [
                j
                for j, c in enumerate(cells)
                if j > i and is_test(c) and re.search(rf"\b{name}\b", c.source)
            ]
            if not tests:
                yield f"no test names {name}"
            else:
                between = sum(
                    not is_exported(c) or j == tests[0]
                    for j, c in enumerate(cells[: tests[0] + 1])
                    if j > i
                )
                if between > NEAREST_TEST:
                    yield f"the first test of {name} is {between} cells away"


def faults_of_modules(exported: list[str], files: list[str]):
    """Modules that two notebooks export, that no notebook makes, and that were not made
    yet"""
    yield from (
        f"{module} is exported by two notebooks"
        for module in sorted({m for m in exported if exported.count(m) > 1})
    )
    made = {module.replace(".", "/") for module in exported}
    yield from (
        f"genflow/{file}.py is made by no notebook"
        for file in files
        if file not in made and file.rpartition("/")[2] not in BY_HAND
    )
    yield from (f"genflow/{file}.py is not there" for file in sorted(made - set(files)))
    yield from (
        f"{module}: nbdev leaves paths with `auto` out of its index, so without links"
        for module in exported
        if "auto" in module
    )


def test_checker() -> None:
    "AssertionError unless every planted fault is found, and none in what is sound"
    body, test = "#| exports\ndef f(x):\n    return x", "assert f(1) == 1"

    def faults(*sources):
        return list(
            faults_of_cells(
                new_notebook(cells=[new_code_cell(source) for source in sources])
            )
        )

    assert not faults(
        "#| export\nfrom genflow.a import x",
        "#| hide\nfrom genflow.b import f",
        body,
        test,
    )
    assert faults(body, "assert True") == ["no test names f"]
    assert faults(body, "x = 1", "y = 2", test) == [
        "the first test of f is 3 cells away"
    ]
    # an exported cell is no test
    assert faults(body, f"#| exports\n{test}") == ["no test names f"]
    part = '#| exports\n@component("prior", "x")\ndef f():\n    pass'
    assert faults(part, 'for each in KINDS["flow"]:\n    assert each') == [
        "no test names f"
    ]
    assert not faults(
        part, "x = 1", "y = 2", 'for each in KINDS["prior"]:\n    assert each'
    )
    for module in ("a", "models.a"):
        assert (
            module_of(new_notebook(cells=[new_code_cell(f"#| default_exp {module}")]))
            == module
        )
    files = ["__init__", "__main__", "_modidx", "models/__init__", "a", "models/b"]
    assert not list(faults_of_modules(["a", "models.b"], files))
    assert list(faults_of_modules(["a", "b", "b"], files)) == [
        "b is exported by two notebooks",
        "genflow/models/b.py is made by no notebook",
        "genflow/b.py is not there",
    ]
    [fault] = faults_of_modules(["models.automaton"], ["models/automaton"])
    assert "out of its index" in fault


def main():
    test_checker()
    notebooks = {
        name: nbformat.read(path, as_version=4)
        for name, path in notebook_paths().items()
    }
    modules = [
        module for notebook in notebooks.values() if (module := module_of(notebook))
    ]
    package = root / "genflow"
    files = sorted(
        path.relative_to(package).with_suffix("").as_posix()
        for path in package.rglob("*.py")
    )
    found = list(faults_of_modules(modules, files))
    found += [
        f"{name}: {fault}"
        for name, notebook in notebooks.items()
        for fault in faults_of_cells(notebook)
    ]
    print(
        "\n".join(found)
        or f"{len(notebooks)} notebooks, {len(modules)} modules, no faults"
    )
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
