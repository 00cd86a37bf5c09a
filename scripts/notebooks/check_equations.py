"""Check that every labelled equation has a test that names it.

    python scripts/notebooks/check_equations.py            # every notebook
    python scripts/notebooks/check_equations.py nbs/models/02_vae.ipynb

A label is the anchor `<a id="eq-name"></a>` in a text cell. Its test is a code cell of
the same notebook that is not exported, asserts something and says `@eq-name`, in a
comment or in a text. A test under a flag that is never run does not count. What is
missing is listed, and the exit status is 1. First the checker must find every fault
that it plants.
"""

import re
import sys
from pathlib import Path

import nbformat
from check_structure import is_test, notebook_paths
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

NAME = r"eq-[\w-]*\w"


def labels(notebook) -> list[str]:
    "Labels of the equations in a notebook's text, in their order"
    texts = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    return [
        label for text in texts for label in re.findall(rf'<a id="({NAME})"></a>', text)
    ]


def tested(notebook) -> set[str]:
    "Labels that a test of the notebook names"
    tests = [cell.source for cell in notebook.cells if is_test(cell)]
    run = [test for test in tests if not re.search(r"(?m)^#\|\s*eval:\s*false", test)]
    return {label for test in run for label in re.findall(rf"@({NAME})", test)}


def faults(notebook):
    """Labels given twice, labels without a test, and tests that name a label that there
    is not"""
    given, named = labels(notebook), tested(notebook)
    yield from (
        f"the label {label} is given more than once"
        for label in dict.fromkeys(given)
        if given.count(label) > 1
    )
    yield from (
        f"no test names @{label}"
        for label in dict.fromkeys(given)
        if label not in named
    )
    yield from (
        f"a test names @{label}, which there is not"
        for label in sorted(named - set(given))
    )


def test_checker() -> None:
    "AssertionError unless every planted fault is found, and none in what is sound"
    text, test = (
        '<a id="eq-one"></a>\n\n$$x$$\n\n<a id="eq-one-more"></a>',
        "assert x == 1  # @eq-one, @eq-one-more",
    )

    def found(*sources, text=text):
        return list(
            faults(
                new_notebook(
                    cells=[new_markdown_cell(text), *map(new_code_cell, sources)]
                )
            )
        )

    assert not found(test), found(test)
    both = ["no test names @eq-one", "no test names @eq-one-more"]
    planted = {
        "no test at all": ([], both),
        "a cell that asserts nothing": (["print(x)  # @eq-one, @eq-one-more"], both),
        "an exported cell": ([f"#| exports\n{test}"], both),
        "a cell that never runs": ([f"#| eval: false\n{test}"], both),
        "a label that only begins alike": (["assert x == 1  # @eq-one-more"], both[:1]),
        "a label that only ends alike": (["assert x == 1  # @eq-one."], both[1:]),
        "a label that there is not": (
            [test, "assert z  # @eq-two"],
            ["a test names @eq-two, which there is not"],
        ),
    }
    for fault, (sources, expected) in planted.items():
        assert found(*sources) == expected, (fault, found(*sources))
    assert found(test, text=text + '\n<a id="eq-one"></a>') == [
        "the label eq-one is given more than once"
    ]
    assert found(text="see @eq-one") == []  # a reference in the text is no label


def main():
    test_checker()
    paths = {path: Path(path) for path in sys.argv[1:]} or notebook_paths()
    notebooks = {
        name: nbformat.read(path, as_version=4) for name, path in paths.items()
    }
    found = [
        f"{name}: {fault}"
        for name, notebook in notebooks.items()
        for fault in faults(notebook)
    ]
    count = sum(len(labels(notebook)) for notebook in notebooks.values())
    print("\n".join(found) or f"{count} labelled equations, each named by a test")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
