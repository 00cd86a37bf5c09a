"""Turn the Markdown of the notebooks into Quarto's.

The notebooks are read in JupyterLab, VS Code, Colab and on GitHub, none of which knows
Quarto's syntax. So they are written in Markdown that reads right everywhere, by the
rules that CONTRIBUTING.md lists, and `process.py` turns it into Quarto's for the site,
which gets numbers, boxes, hover texts and a list of references from it.
`python scripts/site/quarto.py --fix` numbers the equations of every page anew, and
their references; `faults` says what breaks a rule.
"""

import json
import re
import sys
from functools import lru_cache, partial
from pathlib import Path
from urllib.parse import quote

import nbformat
import pypandoc
from nbdev.doclinks import nbglob

nbs = Path(__file__).resolve().parents[2] / "nbs"
ANCHOR = r'<a id="({}[\w-]+)"></a>\n\n'
EQUATION = re.compile(
    ANCHOR.format("eq-") + r"\$\$\n((?:(?!\$\$).)+?)\s*\\tag\{(\d+)\}\n\$\$", re.DOTALL
)
REFERENCE = re.compile(r"\[[Ee]quation \((\d+)\)\]\(#(eq-[\w-]+)\)")
FIGURE = re.compile(
    ANCHOR.format("fig-") + r"!\[([^\]]*)\]\(([^)]+)\)\n\n\*\*Figure\.\*\* (.+)"
)
TABLE = re.compile(ANCHOR.format("tbl-") + r"((?:\|.*\n)+)\n\*\*Table\.\*\* (.+)")
HEADING = re.compile(ANCHOR.format("") + r"(#+ .+)")
BOX = re.compile(r"(?m)^> \*\*(.+)\*\*\n((?:^>.*\n?)+)")
PAPER = re.compile(
    r"\[([^\[\]]+?)(?: \((\d{4}[a-z]?)\)|, (\d{4}[a-z]?))\]\((https?://[^)\s]+)\)"
)
BRACKETS = re.compile(
    r"\((?:[^()\[\]]|\[[^\[\]]*(?:\(\d{4}[a-z]?\))?\]\([^()\s]*\))*\)"
)
QUARTO = re.compile(
    r"(?m)^:::|\{#[\w-]+|(?<![\w`])@(?:eq|fig|tbl)-"
    r"|\[[^\]\n]*(?<!\w)@[a-z]+\d{4}|(?<![\w/.])@[a-z]+\d{4}|^: .*$"
)


@lru_cache
def papers() -> dict[str, tuple[str, str, str]]:
    "Key, authors and year of every entry of the bibliography, by its address"
    entries = json.loads(
        pypandoc.convert_file(str(nbs / "references.bib"), "csljson", format="biblatex")
    )
    found, years = {}, {}
    for entry in entries:
        names = [
            author.get("non-dropping-particle", "")
            + " " * ("non-dropping-particle" in author)
            + author["family"]
            for author in entry["author"]
        ]
        authors = names[0] + (
            f" & {names[1]}" if len(names) == 2 else " et al." if len(names) > 2 else ""
        )
        address = entry.get("URL") or "https://doi.org/" + quote(entry["DOI"])
        year = str(entry["issued"]["date-parts"][0][0])
        years.setdefault((authors, year), []).append(address)
        found[address] = (entry["id"], authors, year)
    for (authors, year), addresses in years.items():
        if len(addresses) > 1:  # two papers of one year by the same authors
            for letter, address in zip(
                "abcdefgh", sorted(addresses, key=lambda a: found[a][0]), strict=False
            ):
                found[address] = (found[address][0], authors, year + letter)
    return found


def outside_code(text: str, change) -> str:
    "Markdown that is changed everywhere but in code blocks and code spans"
    parts = re.split(r"(?s)(```.*?```|`[^`\n]+`)", text)
    return "".join(part if i % 2 else change(part) for i, part in enumerate(parts))


def box(found: re.Match) -> str:
    "A block quote with a title as a callout: a warning about an erratum, else a note"
    title, body = found[1], re.sub(r"(?m)^> ?", "", found[2]).strip()
    kind = "warning" if title.startswith("Erratum") else "note"
    return f"::: {{.callout-{kind}}}\n## {title}\n{body}\n:::\n"


def cited(found: re.Match, in_brackets: bool) -> str:
    "A link to a paper of the bibliography as a citation, if it is one of its kind"
    if found[4] not in papers() or in_brackets != bool(found[3]):
        return found[0]
    return f"@{papers()[found[4]][0]}"


def bracketed(found: re.Match) -> str:
    "Round brackets that cite as square ones"
    inside = PAPER.sub(partial(cited, in_brackets=True), found[0])
    return f"[{inside[1:-1]}]" if inside != found[0] else found[0]


def as_quarto(text: str) -> str:
    "The Markdown of a notebook's cell or output as Quarto's"
    text = EQUATION.sub(r"$$\n\2\n$$ {#\1}", text)
    text = FIGURE.sub(r'![\4](\3){#\1 fig-alt="\2"}', text)
    text = TABLE.sub(r"\2\n: \3 {#\1}", text)
    text = HEADING.sub(r"\2 {#\1}", text)
    text = BOX.sub(box, text)
    text = outside_code(text, partial(REFERENCE.sub, r"@\2"))
    text = outside_code(text, partial(BRACKETS.sub, bracketed))
    return outside_code(text, partial(PAPER.sub, partial(cited, in_brackets=False)))


def texts_of(notebook) -> list[str]:
    "The Markdown of a notebook: its text, and what its cells show, without code"
    shown = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    shown += [
        output.data["text/markdown"]
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if "text/markdown" in output.get("data", {})
    ]
    return [re.sub(r"(?s)```.*?```|`[^`\n]+`", "", "".join(text)) for text in shown]


def numbers_of(notebook) -> dict[str, int]:
    "The number that each equation of a page has to have, by its anchor"
    anchors = [
        name
        for text in texts_of(notebook)
        for name in re.findall(ANCHOR.format("eq-"), text)
    ]
    return {name: number for number, name in enumerate(anchors, 1)}


def numbered(text: str, numbers: dict[str, int]) -> str:
    "Text whose equations, and references to them, have these numbers"
    text = EQUATION.sub(
        lambda found: re.sub(
            r"\\tag\{\d+\}\n\$\$$",
            lambda _: f"\\tag{{{numbers[found[1]]}}}\n$$",
            found[0],
        ),
        text,
    )
    return REFERENCE.sub(
        lambda found: found[0].replace(
            f"({found[1]})", f"({numbers.get(found[2], found[1])})", 1
        ),
        text,
    )


def faults_of_text(text: str, numbers: dict[str, int]):
    "What a text has that reads wrong in a notebook, and what Quarto would not be told"
    yield from (f"Quarto's own syntax: {found[0]!r}" for found in QUARTO.finditer(text))
    if numbered(text, numbers) != text:
        yield (
            "an equation or a reference has the wrong number: run python "
            "scripts/site/quarto.py --fix"
        )
    yield from (
        f"no equation {name} on this page"
        for _, name in REFERENCE.findall(text)
        if name not in numbers
    )
    for authors, *years, address in PAPER.findall(text):
        _, *known = papers().get(address, ("", authors, "".join(years)))
        if [authors, "".join(years)] != known:
            yield f"{address} is by {' '.join(known)}, not {authors} {''.join(years)}"
    lost = re.findall(
        r"\\tag\{|<a id=\"(?:eq|fig|tbl)-|(?m:^\*\*(?:Figure|Table)\.\*\*)|(?m:^> "
        r"\*\*)|\[[Ee]quation \(",
        left := as_quarto(text),
    )
    yield from (f"Quarto is not told of {found!r}" for found in lost)
    yield from (
        f"Quarto is not told of {address}"
        for address in re.findall(r"\]\((https?://[^)\s]+)\)", left)
        if address in papers()
    )


def faults(notebook):
    "What breaks a rule in the Markdown of a notebook"
    numbers = numbers_of(notebook)
    for text in texts_of(notebook):
        yield from faults_of_text(text, numbers)


def test_rules() -> None:
    "AssertionError unless every rule is followed, and what breaks one is found"
    address, kingma = next(
        (address, entry)
        for address, entry in papers().items()
        if entry[0] == "kingma2014"
    )
    sound = {
        '<a id="eq-x"></a>\n\n$$\nx = 1 \\tag{1}\n$$\n': "$$\nx = 1\n$$ {#eq-x}\n",
        "By [equation (1)](#eq-x), so.": "By @eq-x, so.",
        '<a id="fig-x"></a>\n\n![seen](a.svg)\n\n**Figure.** A *caption*.': (
            '![A *caption*.](a.svg){#fig-x fig-alt="seen"}'
        ),
        '<a id="tbl-x"></a>\n\n| a |\n|---|\n\n**Table.** Said.\n': (
            "| a |\n|---|\n\n: Said. {#tbl-x}\n"
        ),
        '<a id="x-y"></a>\n\n## A heading\n': "## A heading {#x-y}\n",
        "> **Erratum 1: so**\n>\n> One\n> two.\n\nThree": (
            "::: {.callout-warning}\n## Erratum 1: so\nOne\ntwo.\n:::\n\nThree"
        ),
        "> **A note**\n>\n> One.": "::: {.callout-note}\n## A note\nOne.\n:::\n",
        f"By [Kingma & Welling (2014)]({address}).": "By @kingma2014.",
        f"This (as in [Kingma & Welling, 2014]({address}), p. 3) is": (
            "This [as in @kingma2014, p. 3] is"
        ),
        "`[equation (1)](#eq-x)` and [else](https://a.b)": (
            "`[equation (1)](#eq-x)` and [else](https://a.b)"
        ),
    }
    assert kingma == ("kingma2014", "Kingma & Welling", "2014")
    for text, quarto in sound.items():
        found = as_quarto(text)
        assert found == quarto, (text, found)
        assert not list(faults_of_text(re.sub("`.*?`", "", text), {"eq-x": 1})), text
    broken = {
        "Quarto's own syntax": [
            "$$ x $$ {#eq-x}",
            "as @eq-x says",
            "[@kingma2014]",
            "::: {.callout-note}",
            "| a |\n\n: Said.",
        ],
        "wrong number": [
            '<a id="eq-x"></a>\n\n$$\nx \\tag{2}\n$$',
            "[Equation (2)](#eq-x)",
        ],
        "no equation eq-y": ["[equation (1)](#eq-y)"],
        "is by Kingma & Welling 2014, not Kingma 2014": [
            f"[Kingma (2014)]({address})",
            f"([Kingma, 2014]({address}))",
        ],
        "is not told of": [
            '<a id="eq-x"></a>\n$$\nx \\tag{1}\n$$',
            "**Figure.** Alone.",
            "> **One**, two.",
            f"[a paper]({address})",
        ],
    }
    for fault, texts in broken.items():
        for text in texts:
            found = list(faults_of_text(text, {"eq-x": 1}))
            assert any(fault in one for one in found), (fault, text, found)
    given = '<a id="eq-x"></a>\n\n$$\nx \\tag{7}\n$$\n\n[equation (7)](#eq-x)'
    assert numbered(given, {"eq-x": 1}) == given.replace("7", "1")


def main():
    test_rules()
    for path in nbglob(nbs, as_path=True) if "--fix" in sys.argv else []:
        notebook = nbformat.read(path, as_version=4)
        numbers, before = numbers_of(notebook), json.dumps(notebook)
        for cell in notebook.cells:
            if cell.cell_type == "markdown":
                cell.source = numbered(cell.source, numbers)
        if json.dumps(notebook) != before:
            nbformat.write(notebook, path)
    found = [
        f"{path.relative_to(nbs)}: {fault}"
        for path in nbglob(nbs, as_path=True)
        for fault in faults(nbformat.read(path, 4))
    ]
    print("\n".join(found) or "the Markdown of every page keeps the rules")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
