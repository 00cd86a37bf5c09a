"""Check the notebooks as the site will show them, without Quarto.

    python scripts/site/check_site.py

Processes the notebooks (`process.py`) and reports, from `_proc`: links to pages,
anchors and images that do not exist, references to labels that the page does not
define, unbalanced formulas, words, badges, formulas or pictures that got lost on the
way, labels given twice, pages that the sidebar does not name once, words that are
searched for and have no heading, and citations without an entry in
`nbs/references.bib`, entries that nobody cites or that have no link. From the notebooks
as they are stored: Markdown that breaks a rule of `quarto.py`, errors, widgets, outputs
that are missing or too large, figures without caption or description, and a missing way
into Colab. README.md's links are checked too. First the checker must find every fault
that it plants.
"""

import ast
import configparser
import json
import re
import sys
from collections import Counter
from pathlib import Path

import nbformat
import yaml
from nbdev.doclinks import nbglob
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from process import entry_anchors, page_of, process, processed, root, sidebar_pages
from quarto import as_quarto
from quarto import faults as faults_of_markdown

label = re.compile(r"(?:\{#|\|\s*label:\s*)((?:eq|fig|tbl|sec)-[\w-]+)")
LARGEST = 300_000  # characters of stored outputs in a notebook
# what people type into the search, and the page that has to answer: in a heading
SEARCHED = {
    "ELBO derivation": "models/02_vae.ipynb",
    "how to compute FID": "evaluation/00_metrics.ipynb",
    "train on my own images": "guides/02_questions.ipynb",
}
WIDGET = "application/vnd.jupyter.widget-view+json"


def headings_of(notebook) -> list[str]:
    "The headings of a notebook, without their labels"
    return re.findall(
        r"(?m)^#+\s+(.+?)\s*(?:\{.*\})?$",
        "\n".join(cell.source for cell in notebook.cells),
    )


def anchors(notebook) -> set[str]:
    "Labels and headings that a link may point to"
    text = "\n".join(cell.source for cell in notebook.cells)
    slugs = {
        re.sub(r"[^\w -]", "", heading.lower()).strip().replace(" ", "-")
        for heading in headings_of(notebook)
    }
    return (
        slugs
        | set(label.findall(text))
        | set(re.findall(r'(?:\{#|<a id=")([\w-]+)', text))
        | entry_anchors(notebook)
    )


def outside_code(text: str) -> str:
    "Markdown without code blocks and code spans"
    return re.sub(r"`[^`\n]*`", "", re.sub(r"(?s)```.*?```", "", text))


def faults_of_links(path: Path, text: str, pages: dict[Path, set[str]]):
    "Every local link whose page, anchor or image is missing"
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        # made by nbdev from its index, in which page names have lost their numbers
        if name.startswith("/"):
            named = {
                page_of(page.relative_to(processed).as_posix()): page for page in pages
            }
            if name[1:] not in named or (
                anchor and anchor not in pages[named[name[1:]]]
            ):
                yield f"dead link {target}"
            continue
        page = (path.parent / name).resolve() if name else path
        if page not in pages and not page.exists():
            yield f"dead link {target}"
        elif anchor and page in pages and anchor not in pages[page]:
            yield f"no anchor #{anchor} in {page.relative_to(processed).as_posix()}"


def is_nested(formula: str) -> bool:
    "Whether every environment is closed, the inner ones first"
    begun = []
    for kind, name in re.findall(r"\\(begin|end)\{(\w+\*?)\}", formula):
        if kind == "begin":
            begun.append(name)
        elif not begun or begun.pop() != name:
            return False
    return not begun


def faults_of_maths(text: str):
    "Unbalanced delimiters, braces and environments"
    blocks = re.split(r"\$\$", text)
    if len(blocks) % 2 == 0:
        yield "unbalanced $$"
    for formula in [
        *blocks[1::2],
        *re.findall(r"(?<![\\$])\$([^$\n]+)\$", "".join(blocks[::2])),
    ]:
        if len(re.findall(r"(?<!\\)\{", formula)) != len(
            re.findall(r"(?<!\\)\}", formula)
        ):
            yield f"unbalanced braces in {formula.strip()[:60]!r}"
        if len(re.findall(r"\\left\b", formula)) != len(
            re.findall(r"\\right\b", formula)
        ):
            yield f"\\left without \\right in {formula.strip()[:60]!r}"
        if not is_nested(formula):
            yield f"unclosed environment in {formula.strip()[:60]!r}"


def faults_of_page(path: Path, notebook, pages: dict[Path, set[str]]):
    "What is wrong with the links, labels, references and formulas of a page"
    labels = label.findall("\n".join(cell.source for cell in notebook.cells))
    yield from (
        f"the label {name} is given more than once"
        for name in sorted(set(labels))
        if labels.count(name) > 1
    )
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            text = outside_code(cell.source)
            yield from faults_of_links(path, text, pages)
            yield from faults_of_maths(text)
            if "![](" in text:
                yield "a picture without a description"
            for reference in re.findall(
                r"(?<![\w(])@((?:eq|fig|tbl|sec)-[\w-]+)", text
            ):
                if reference not in pages[path]:
                    yield f"@{reference} is not defined on this page"
        elif cell.cell_type == "code" and "#| include: false" not in cell.source:
            # the page links them to the formula
            for reference in re.findall(r"@(eq-[\w-]*\w)", cell.source):
                if reference not in pages[path]:
                    yield f"@{reference}, which code names, is not defined on this page"


def shows_something(source: str) -> bool:
    """Whether a cell's code prints at its top level or ends in an expression that is no
    call; a call may give None"""
    statements = ast.parse(re.sub(r"(?m)^[%!].*$", "", source)).body
    expressions = [
        statement.value for statement in statements if isinstance(statement, ast.Expr)
    ]
    prints = any(
        isinstance(e, ast.Call)
        and isinstance(e.func, ast.Name)
        and e.func.id == "print"
        for e in expressions
    )
    ends = (
        statements
        and isinstance(statements[-1], ast.Expr)
        and not source.rstrip().endswith(";")
    )
    return prints or bool(
        ends and not isinstance(statements[-1].value, (ast.Call, ast.Await, ast.Yield))
    )


def faults_of_cell(cell):
    """What is wrong with the stored outputs of a code cell and with the description of
    its figure"""
    directives = dict(re.findall(r"(?m)^#\|\s*([\w-]+):?[ \t]*(.*)$", cell.source))
    first = re.sub(r"(?m)^#\|.*\n?", "", cell.source).strip().split("\n")[0][:60]
    kinds = {kind for output in cell.outputs for kind in output.get("data", {})}
    is_figure, is_skipped = (
        directives.get("label", "").startswith("fig-"),
        directives.keys() & {"hide", "cuda", "eval"},
    )
    if any(output.output_type == "error" for output in cell.outputs):
        yield f"a stored error: {first}"
    if WIDGET in kinds:
        yield f"a stored widget, which the site cannot show: {first}"
    if (
        not cell.outputs
        and not is_skipped
        and ("label" in directives or shows_something(cell.source))
    ):
        yield f"no stored output: {first}"
    if (
        is_figure
        and cell.outputs
        and not any(kind.startswith("image/") for kind in kinds)
    ):
        yield f"no picture in the output of a figure: {first}"
    if not directives.keys() & {"hide", "echo"} and (
        is_figure or any(kind.startswith("image/") for kind in kinds)
    ):
        for part in ("label", "fig-cap", "fig-alt"):
            if not directives.get(part):
                yield f"a figure without {part}: {first}"


def faults_of_colab(name: str, notebook, settings):
    """What is wrong with the badge that opens a notebook in Colab, and with the cell
    that installs the package there"""
    address = settings["git_url"].replace(
        "https://github.com", "https://colab.research.google.com/github"
    )
    badge = f"]({address}/blob/{settings['branch']}/nbs/{name})"
    if not any(badge in cell.source for cell in notebook.cells[:2]):
        yield "the introduction has no badge that opens this notebook in Colab"
    sources = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    needs = next(
        (
            i
            for i, source in enumerate(sources)
            if re.search(r"(?m)^(from|import) genflow\b", source)
        ),
        len(sources),
    )
    if not any(
        s.startswith("#| hide") and f"git+{settings['git_url']}" in s
        for s in sources[:needs]
    ):
        yield "no hidden cell installs the package before it is imported"


def faults_of_stored(name: str, notebook, settings):
    "What is wrong with a notebook as it is stored"
    for cell in notebook.cells:
        if cell.cell_type == "code":
            yield from faults_of_cell(cell)
    size = len(
        json.dumps(
            [cell.get("outputs", []) for cell in notebook.cells], ensure_ascii=False
        )
    )
    if size > LARGEST:
        yield f"{size:,} characters of outputs; at most {LARGEST:,}"
    if name != "index.ipynb":
        yield from faults_of_colab(name, notebook, settings)


def contents_of(notebook) -> dict[str, Counter]:
    """What a reader sees of a notebook: words, badges, formulas and pictures, hidden
    cells left out"""
    shown = [
        cell
        for cell in notebook.cells
        if cell.cell_type != "code" or not re.match(r"#\|\s*hide\b", cell.source)
    ]
    text = "\n".join(
        as_quarto(cell.source) for cell in shown if cell.cell_type != "code"
    )
    pictures = [
        output.data[kind][:60]
        for cell in shown
        for output in cell.get("outputs", [])
        for kind in output.get("data", {})
        if kind.startswith("image/")
    ]
    return {
        "words": Counter(re.findall(r"\w+", re.sub(r"\]\([^)]*\)", "]", text))),
        "badges": Counter(re.findall(r"colab-badge\.svg", text)),
        "formulas": Counter(re.findall(r"(?s)\$\$(.*?)\$\$", text)),
        "pictures": Counter(pictures),
    }


def faults_of_processing(stored, processed):
    """What is lost between a notebook, below title and description, and its processed
    version"""
    before, after = (
        contents_of(new_notebook(cells=stored.cells[1:])),
        contents_of(processed),
    )
    for kind, counts in before.items():
        lost = counts - after[kind]
        if lost:
            example = ", ".join(map(str, list(lost)[:3]))
            yield (
                f"{lost.total()} of {counts.total()} {kind} lost in processing, "
                f"such as {example[:80]!r}"
            )


def citations(notebook) -> set[str]:
    "Keys that a notebook's text cites"
    text = "\n".join(
        outside_code(cell.source)
        for cell in notebook.cells
        if cell.cell_type == "markdown"
    )
    return {
        key
        for key in re.findall(r"(?<!\w)@([a-z][a-z0-9]+)", text)
        if key not in ("eq", "fig", "tbl", "sec")
    }


def faults_of_references(bibliography: str, cited: set[str]):
    """Keys that are cited and not listed, listed and not cited, or listed without a DOI
    or an address"""
    entries = dict(re.findall(r"(?ms)^@\w+\{([\w-]+),(.*?)\}$", bibliography))
    yield from (
        f"@{key} is cited and not listed" for key in sorted(cited - entries.keys())
    )
    yield from (
        f"{key} is listed and not cited" for key in sorted(entries.keys() - cited)
    )
    yield from (
        f"{key} has neither DOI nor address"
        for key, entry in entries.items()
        if not re.search("(doi|url) = ", entry)
    )


def faults_of_sidebar(named: list[str], notebooks: set[str]):
    """Pages that the sidebar names though there is no notebook, names not at all, or
    more than once"""
    yield from (
        f"the sidebar names {page}, which does not exist"
        for page in sorted(set(named) - notebooks)
    )
    yield from (
        f"the sidebar does not name {page}" for page in sorted(notebooks - set(named))
    )
    yield from (
        f"the sidebar names {page} more than once"
        for page in sorted(set(named))
        if named.count(page) > 1
    )


def faults_of_search(headings: dict[str, list[str]]):
    """Words that people search for and that no heading of the page that answers has;
    headings by page"""
    for words, page in SEARCHED.items():
        if not any(
            words.lower() in heading.lower() for heading in headings.get(page, [])
        ):
            yield f"{page} has no heading with the words {words!r}"


def settings():
    "The project's settings"
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(root / "settings.ini")
    return parser["DEFAULT"]


def test_checker() -> None:
    "AssertionError unless every planted fault is found, and none in what is sound"
    picture = [new_output("display_data", {"image/png": "iVBORw0KGgo="})]
    figure = (
        '#| label: fig-x\n#| fig-cap: "Caption"\n#| fig-alt: "Description"\nplot(x);'
    )
    planted = {
        "dead link none.ipynb": new_markdown_cell("[text](none.ipynb)"),
        "dead link ../page.ipynb": new_markdown_cell("[text](../page.ipynb)"),
        "dead link /vae.html#f": new_markdown_cell("[`f`](/vae.html#f)"),
        "dead link /models/vae.html#g": new_markdown_cell("[`g`](/models/vae.html#g)"),
        "no anchor #none in models/01_vae.ipynb": new_markdown_cell(
            "[text](models/01_vae.ipynb#none)"
        ),
        "the label fig-x is given more than once": new_code_cell(
            figure, outputs=picture
        ),
        "no anchor #none": new_markdown_cell("[text](#none)"),
        "@eq-none is not defined": new_markdown_cell("By @eq-none, so."),
        "unbalanced $$": new_markdown_cell("$$ a"),
        "unbalanced braces": new_markdown_cell("so $a_{i$ is"),
        "unclosed environment": new_markdown_cell(
            r"$$ \begin{a} \begin{b} x \end{a} \end{b} $$"
        ),
        "a picture without": new_markdown_cell("![](page.ipynb)"),
        "a stored error": new_code_cell(
            "f(x)", outputs=[new_output("error", ename="E", evalue="", traceback=[])]
        ),
        "a stored widget": new_code_cell(
            "f(x)", outputs=[new_output("display_data", {WIDGET: {}})]
        ),
        "@eq-none, which code names": new_code_cell("f(x)  # @eq-none"),
        "no stored output: print(1)": new_code_cell("print(1)"),
        "no stored output: x": new_code_cell("#| slow\nx.shape"),
        "no stored output: plot": new_code_cell(figure),
        "no picture": new_code_cell(figure, outputs=[new_output("stream", text="1")]),
        "a figure without label": new_code_cell("plot(x)", outputs=picture),
        "a figure without fig-alt": new_code_cell(
            figure.replace("alt", "old"), outputs=picture
        ),
        "characters of outputs": new_code_cell(
            "f(x)", outputs=[new_output("stream", text="x" * LARGEST)]
        ),
    }
    sound = [
        new_markdown_cell(
            "# Page\n$$ \\begin{a}\\begin{b}\\end{b}\\end{a} a^{2} $$ {#eq-a}\n"
            "By @eq-a, [so](#page)."
        ),
        new_markdown_cell(
            "[`f`](/models/vae.html#f), [there](models/01_vae.ipynb#model), "
            "[here](models/../page.ipynb)"
        ),
        new_code_cell(figure, outputs=picture),
    ]

    def faults(cells):
        page, notebook = processed / "page.ipynb", new_notebook(cells=cells)
        linked = faults_of_page(
            page,
            notebook,
            {
                page: anchors(notebook),
                page.parent / "models/01_vae.ipynb": {"model", "f"},
            },
        )
        return [*linked, *faults_of_stored("index.ipynb", notebook, settings())]

    whole = new_notebook(
        cells=[
            new_markdown_cell("# T\n> d"),
            new_markdown_cell("one two $$a$$ colab-badge.svg"),
            *sound,
        ]
    )
    assert not list(faults_of_processing(whole, whole))
    beheaded = "; ".join(
        faults_of_processing(whole, new_notebook(cells=[whole.cells[0]]))
    )
    assert all(
        f"{kind} lost" in beheaded
        for kind in ("words", "badges", "formulas", "pictures")
    ), beheaded
    badge = (
        "[x](https://colab.research.google.com/github/genflow/genflow/blob/main/"
        "nbs/models/01_vae.ipynb)"
    )
    badged = new_notebook(cells=[new_markdown_cell(badge)])
    assert "no badge" not in "".join(
        faults_of_colab("models/01_vae.ipynb", badged, settings())
    )
    assert "no badge" in "".join(faults_of_colab("01_vae.ipynb", badged, settings()))
    assert "no badge" in (
        colab := "".join(
            faults_of_colab("page.ipynb", new_notebook(cells=sound), settings())
        )
    ), colab
    assert "no hidden cell" in colab, colab
    assert not faults(sound), faults(sound)
    assert list(
        faults_of_sidebar(
            ["a.ipynb", "b.ipynb", "a.ipynb"], {"a.ipynb", "models/b.ipynb"}
        )
    ) == [
        "the sidebar names b.ipynb, which does not exist",
        "the sidebar does not name models/b.ipynb",
        "the sidebar names a.ipynb more than once",
    ]
    assert (
        len(list(faults_of_search({"models/02_vae.ipynb": ["The elbo derivation"]})))
        == len(SEARCHED) - 1
    )
    book = "@misc{one2, title = {{A} b}, doi = {10.1/2}}\n@misc{two, title = {c}}\n"
    cited = citations(
        new_notebook(
            cells=[
                new_markdown_cell(
                    "By @eq-a and `@code` [as in @one2, p. 3; @none] a@b."
                )
            ]
        )
    )
    assert list(faults_of_references(book, cited)) == [
        "@none is cited and not listed",
        "two is listed and not cited",
        "two has neither DOI nor address",
    ]
    for fault, cell in planted.items():
        found = faults([*sound, cell])
        assert any(fault in text for text in found), (
            f"the checker does not find {fault!r}: {found}"
        )


def main():
    test_checker()
    process()
    stored = {
        path.relative_to(root / "nbs").as_posix(): path
        for path in sorted(nbglob(root / "nbs", as_path=True))
    }
    notebooks = {
        processed / name: nbformat.read(processed / name, as_version=4)
        for name in stored
    }
    pages = {path: anchors(notebook) for path, notebook in notebooks.items()}
    faults = []
    for (path, notebook), name in zip(notebooks.items(), stored, strict=True):
        in_store = nbformat.read(stored[name], as_version=4)
        found = [
            *faults_of_page(path, notebook, pages),
            *faults_of_stored(name, in_store, settings()),
        ]
        found += [
            *faults_of_processing(in_store, notebook),
            *faults_of_markdown(in_store),
        ]
        faults += [f"{name}: {fault}" for fault in found]
    cited = set().union(*map(citations, notebooks.values()))
    references = (root / "nbs" / "references.bib").read_text()
    faults += [
        f"references.bib: {fault}" for fault in faults_of_references(references, cited)
    ]
    readme = root / "README.md"
    faults += [
        f"README.md: {fault}"
        for fault in faults_of_links(readme, outside_code(readme.read_text()), {})
    ]
    headings = {
        path.relative_to(processed).as_posix(): headings_of(notebook)
        for path, notebook in notebooks.items()
    }
    faults += [*faults_of_search(headings)]
    configuration = yaml.safe_load((root / "_quarto.yml").read_text())
    named = [
        page
        for page in sidebar_pages(configuration["website"]["sidebar"]["contents"])
        if page.endswith(".ipynb")
    ]
    faults += [
        f"_quarto.yml: {fault}" for fault in faults_of_sidebar(named, set(stored))
    ]
    print("\n".join(faults) or f"{len(stored)} pages, no faults")
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
