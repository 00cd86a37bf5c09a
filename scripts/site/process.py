"""Process the notebooks for the site: by nbdev, and then put right what it says of each
exported name.

    python scripts/site/process.py

`nbdev_proc_nbs` writes `_proc`. Where a cell exports several names it puts their
entries into reverse order, one of them above the code; it leaves out the comments
beside a dataclass's fields, gives a class's methods no entry, calls a class `def` and
writes links into signatures. Here entries stand above their code in its order, a
dataclass is shown with its fields and their comments, each method that has a docstring
follows its class, and links to the other methods lead to their class. The Markdown
becomes Quarto's (`quarto.py`). Nothing is said twice: where a page has numbered
formulas, its code is shown beside them and an entry is a heading; elsewhere an entry is
a signature and the code is folded. Running it again changes nothing.
"""

import ast
import inspect
import re
import subprocess
from functools import cached_property, partial
from importlib import import_module
from pathlib import Path, PurePosixPath

import nbformat
from nbdev.doclinks import nbglob
from nbdev.showdoc import show_doc
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from quarto import as_quarto, outside_code, test_rules

root = Path(__file__).resolve().parents[2]
processed = root / "_proc"
OURS = "made-by-genflow"  # metadata of the entries that are added


def page_of(notebook: str) -> str:
    """Where the site has a notebook: `models/03_vae.ipynb` becomes `models/vae.html`,
    as nbdev's links say"""
    path = PurePosixPath(notebook)
    return path.with_name(
        re.sub(r"^\d+[a-z0-9]*_", "", path.stem.lower()) + ".html"
    ).as_posix()


def sidebar_pages(contents) -> list[str]:
    "Every notebook that the sidebar names, in its order"
    if isinstance(contents, str):
        return [contents]
    if isinstance(contents, dict):
        return [
            *sidebar_pages(contents.get("href", [])),
            *sidebar_pages(contents.get("contents", [])),
        ]
    return [page for item in contents for page in sidebar_pages(item)]


def entry_name(cell) -> str | None:
    "The name that a cell of nbdev's documents"
    found = (
        re.search(r"(?m)^show_doc\(([\w.]+)\)", cell.source)
        if cell.cell_type == "code"
        else None
    )
    return found and found[1]


def is_exported(cell) -> bool:
    "Whether a processed cell shows exported code"
    return (
        cell.cell_type == "code" and '#| code-summary: "Exported source"' in cell.source
    )


def entry_text(cell) -> str:
    "The Markdown of an entry"
    return "".join(cell.outputs[0].data["text/markdown"])


def module_shown(text: str) -> str:
    "The module whose source an entry links to, such as `models.vae`"
    return re.search(r"\S*/genflow/([\w/]+)\.py#L", text)[1].replace("/", ".")


def entry_anchors(notebook) -> set[str]:
    "What a link may point to among the entries of a page"
    outputs = [
        output
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
    ]
    texts = [
        "".join(output.get("data", {}).get("text/markdown", "")) for output in outputs
    ]
    return {
        name.lower()
        for text in texts
        for name in re.findall(r"(?m)^#+ ([\w.]+)$", text)
    }


def with_dashes(text: str) -> str:
    """Markdown in which options such as `--out` keep their two dashes, which would
    become one long one"""
    return outside_code(
        text, lambda part: re.sub(r"(?<!-)--(?=[a-z])", r"\\-\\-", part)
    )


def lambdas(node: ast.AST) -> dict[str, str]:
    "The parameters of a definition whose default is a lambda, and how that is written"
    written = {}
    for part in ast.walk(node):
        if isinstance(part, ast.FunctionDef):
            named = [*part.args.posonlyargs, *part.args.args]
            pairs = zip(
                named[len(named) - len(part.args.defaults) :],
                part.args.defaults,
                strict=True,
            )
            for argument, default in [
                *pairs,
                *zip(part.args.kwonlyargs, part.args.kw_defaults, strict=True),
            ]:
                if isinstance(default, ast.Lambda):
                    written[argument.arg] = ast.unparse(default)
    return written


def as_written(text: str, node: ast.AST) -> str:
    """The Markdown of an entry whose signature is Python: without links, with its
    lambdas, `class` for a class; its summary whole"""

    def mended(found: re.Match) -> str:
        signature = re.sub(r"\[(`[^`]*`)\]\([^)]*\)", r"\1", found[0])
        for name, default in lambdas(node).items():
            signature = re.sub(
                rf"(\b{name}:.*?)=<lambda>",
                lambda part, default=default: f"{part[1]}={default}",
                signature,
            )
        return (
            re.sub(r"(?m)^def ", "class ", signature)
            if isinstance(node, ast.ClassDef)
            else signature
        )

    text = re.sub(r"(?s)```python\n.*?\n```", mended, text)
    summary = lambda found: (
        f"{found[1]}*{' '.join((found[2] + found[3]).split())}*"
    )  # nbdev slants its first line alone
    return re.sub(r"(\n```\n\n)\*(.+)\*((?:\n.+)+)", summary, text)


def heading_only(text: str) -> str:
    """The Markdown of an entry without what its code says: the link to the source, and
    a small heading"""
    source, name = (
        re.search(r"(?m)^\[source\].*$", text),
        re.search(r"(?m)^#+ ([\w.]+)$", text),
    )
    return f"{source[0]}\n\n#### {name[1]}\n"


def with_live_links(text: str, anchors: dict[str, set[str]]) -> str:
    """Markdown whose links to methods that have no entry, by nbdev's index, lead to the
    entry of their class"""

    def live(found: re.Match) -> str:
        page, owner, method = found.groups()
        return (
            found[0]
            if f"{owner}.{method}" in anchors.get(page, ())
            else f"](/{page}#{owner})"
        )

    return re.sub(r"\]\(/([\w./-]+\.html)#(\w+)\.(\w+)\)", live, text)


def fields(node: ast.ClassDef, source: str) -> str:
    "A dataclass's fields as they are written, with their comments"
    lines, shown = source.splitlines(), []
    for field in node.body:
        if isinstance(field, ast.AnnAssign):
            first = field.lineno - 1
            while lines[first - 1].startswith("    # "):  # above it
                first -= 1
            shown.append(lines[first : field.end_lineno])
    bases = f"({', '.join(map(ast.unparse, node.bases))})" if node.bases else ""
    return "\n".join(
        [f"class {node.name}{bases}:", *(line for part in shown for line in part)]
    )


def with_annotations(name: str):
    """A module by name, with what it imports for type checkers alone, by which its
    annotations are resolved"""
    module = import_module(name)
    for node in ast.parse(inspect.getsource(module)).body:
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            exec(
                compile(ast.Module(node.body, []), module.__file__, "exec"),
                vars(module),
            )
    return module


def method_entries(node: ast.ClassDef, module: str) -> list:
    "An entry for every public method of a class that says what it does"
    entries = []
    for method in node.body:
        if (
            isinstance(method, ast.FunctionDef)
            and method.name[0] != "_"
            and ast.get_docstring(method)
        ):
            found = inspect.getattr_static(
                getattr(with_annotations(f"genflow.{module}"), node.name), method.name
            )
            # else shown by its address
            found = found.func if isinstance(found, cached_property) else found
            shown = show_doc(found, name=f"{node.name}.{method.name}", title_level=4)
            data = {"text/markdown": as_written(shown._repr_markdown_(), method)}
            output = new_output("execute_result", data, execution_count=None)
            source = "#| echo: false\n#| output: asis"
            entries.append(
                new_code_cell(source, metadata={OURS: True}, outputs=[output])
            )
    return entries


def entries_in_order(source: str, entries: dict, is_open: bool) -> list:
    """The entries of a cell's names in the order of its code: headings where that is
    open, else methods behind their class"""
    ordered = []
    for node in ast.parse(re.sub(r"(?m)^[%!].*$", "", source)).body:
        entry = entries.get(getattr(node, "name", None))
        if entry is None:
            continue
        ordered.append(entry)
        data = entry.outputs[0].data
        data["text/markdown"] = text = (
            heading_only if is_open else partial(as_written, node=node)
        )(entry_text(entry))
        if isinstance(node, ast.ClassDef) and not is_open:
            if any(
                "dataclass" in ast.unparse(decorator)
                for decorator in node.decorator_list
            ):
                block = f"```python\n{fields(node, source)}\n```"
                data["text/markdown"] = re.sub(
                    r"(?s)```python\n.*?\n```",
                    lambda _, block=block: block,
                    text,
                    count=1,
                )
            ordered += method_entries(node, module_shown(text))
    return ordered


def put_right(cells: list) -> list:
    """Cells of a processed notebook with the entries of each exported cell above it, in
    the order of its code"""
    cells, placed = [cell for cell in cells if OURS not in cell.metadata], []
    is_open = any(
        '<a id="eq-' in cell.source for cell in cells if cell.cell_type == "markdown"
    )
    i = 0
    while i < len(cells):
        last = i
        while last < len(cells) and (
            entry_name(cells[last]) or is_exported(cells[last])
        ):
            last += 1
        group = cells[i : max(last, i + 1)]
        i += len(group)
        named = {entry_name(cell): cell for cell in group if entry_name(cell)}
        for cell in group:
            if is_exported(cell):
                placed += entries_in_order(cell.source, named, is_open)
                fold = "show" if is_open else "true"
                cell.source = re.sub(
                    r"(?m)^#\| code-fold: .*$", f"#| code-fold: {fold}", cell.source
                )
            if not entry_name(cell):
                placed.append(cell)
    return placed


def test_order() -> None:
    """AssertionError unless entries that nbdev puts into reverse order come out in that
    of the code, and said once"""

    def entry(name: str):
        data = {
            "text/markdown": (
                f"[source](/genflow/data.py#L1)\n\n### {name}\n\n#### {name}.b\n"
                f"```python\n{name}\n```"
            )
        }
        return new_code_cell(
            f"show_doc({name})", outputs=[new_output("execute_result", data)]
        )

    head = '#| code-fold: show\n#| code-summary: "Exported source"\n'
    fields = (
        "class C(B):\n    x: int  # a number\n    # a text,\n    # or two\n"
        "    y: str = 'z'"
    )
    sources = [
        head + "def a():\n    pass\n\n\ndef b():\n    pass",
        head + "@dataclass\n" + fields,
    ]
    codes = [new_code_cell(source) for source in sources]
    cells = put_right(
        [
            entry("b"),
            codes[0],
            entry("a"),
            codes[1],
            entry("C"),
            new_code_cell("test()"),
        ]
    )
    assert [entry_name(cell) for cell in cells] == ["a", "b", None, "C", None, None]
    folded = [source.replace("fold: show", "fold: true") for source in sources]
    assert [cells[2].source, cells[4].source] == folded and put_right(cells) == cells
    opened = put_right(
        [new_markdown_cell('<a id="eq-x"></a>'), entry("b"), codes[0], entry("a")]
    )
    assert (
        opened[3].source == sources[0]
        and entry_text(opened[1]) == "[source](/genflow/data.py#L1)\n\n#### a\n"
    )
    assert [page_of(name) for name in ("index.ipynb", "models/03b_VAE.ipynb")] == [
        "index.html",
        "models/vae.html",
    ]
    contents = [
        "a.ipynb",
        {
            "section": "B",
            "href": "b.ipynb",
            "contents": [{"text": "C", "href": "c/1_d.ipynb"}],
        },
    ]
    assert sidebar_pages(contents) == ["a.ipynb", "b.ipynb", "c/1_d.ipynb"]
    address = "https://github.com/genflow/genflow/blob/main/genflow/models/vae.py#L1"
    source = f"[source]({address})"
    assert module_shown(source) == "models.vae"
    assert entry_anchors(new_notebook(cells=[entry("a")])) == {"a", "a.b"}
    links = "[`a.b`](/m/x.html#a.b) [`a.c`](/m/x.html#a.c) [`d`](/m/x.html#d)"
    assert with_live_links(links, {"m/x.html": {"a", "a.b"}}) == links.replace(
        "#a.c", "#a"
    )
    signature = (
        "```python\ndef f(\n    a:C=<lambda>, # `g` or [`h`](/x.html#h)\n)\n```\n\n"
        "def x=<lambda>"
    )
    mended = signature.replace("C=<lambda>", "C=lambda x: {}").replace(
        "[`h`](/x.html#h)", "`h`"
    )
    assert (
        as_written(signature, ast.parse("def f(b, a: C = lambda x: {}): pass").body[0])
        == mended
    )
    assert as_written(signature, ast.parse("class f: pass").body[0]).startswith(
        "```python\nclass f("
    )
    summary = "```python\ndef f()\n```\n\n*A summary of*\ntwo lines\n\nAnd more"
    assert as_written(summary, ast.parse("def f(): pass").body[0]).endswith(
        "\n\n*A summary of two lines*\n\nAnd more"
    )
    assert (
        with_dashes("a --b `--c` | --- | --: |\n```\n--d\n```")
        == "a \\-\\-b `--c` | --- | --: |\n```\n--d\n```"
    )
    assert f"```python\n{fields}\n```" in entry_text(cells[3])


def process() -> None:
    "Make `_proc`"
    test_order()
    test_rules()
    for path in nbglob(processed, as_path=True) if processed.is_dir() else []:
        if not (root / "nbs" / path.relative_to(processed)).exists():
            path.unlink()  # it has been moved, or is no more
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run(["nbdev_proc_nbs"], cwd=root, check=True, **quiet)
    notebooks = {}
    for path in nbglob(processed, as_path=True):
        notebook = notebooks[path] = nbformat.read(path, as_version=4)
        before = notebook.cells
        notebook.cells = put_right(before)
        lost = {entry_name(c) for c in before} - {entry_name(c) for c in notebook.cells}
        assert not lost, f"{path.relative_to(processed)} loses the entries of {lost}"
    there = {
        page_of(path.relative_to(processed).as_posix()): entry_anchors(nb)
        for path, nb in notebooks.items()
    }
    for path, notebook in notebooks.items():
        for cell in notebook.cells:
            if cell.cell_type == "markdown":
                cell.source = as_quarto(with_live_links(cell.source, there))
            for output in cell.get("outputs", []):
                if "text/markdown" in output.get("data", {}):
                    output.data["text/markdown"] = as_quarto(
                        with_dashes("".join(output.data["text/markdown"]))
                    )
        nbformat.write(notebook, path)


if __name__ == "__main__":
    process()
