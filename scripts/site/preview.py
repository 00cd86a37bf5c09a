"""Make HTML pages of the processed notebooks without Quarto, as near to the site as its
readers' eyes need.

    python scripts/site/preview.py [--out _preview]

Processes the notebooks (`process.py`), turns each notebook of `_proc` into Markdown as
Quarto does (figures, tables and equations get their numbers, references to them their
words, callouts their boxes), and lets pandoc make the page, with the site's own styles
and sidebar, MathJax, and the citations of `nbs/references.bib`. What Quarto alone can
do, such as the search, is left out. Last comes the page of the shipped models, which
loads its weights and so has to be served. `scripts/browser/browser_test.py site` walks
the pages.
"""

import argparse
import configparser
import html
import posixpath
import re
import shutil
from base64 import b64decode
from importlib.util import find_spec
from pathlib import Path

import nbformat
import pypandoc
import yaml
from process import page_of, process, sidebar_pages

from genflow.command import main as genflow

root = Path(__file__).resolve().parents[2]
# what Quarto calls what a label begins with
KINDS = {"eq": "Equation", "fig": "Figure", "tbl": "Table"}
FENCE = "`" * 12  # longer than any fence inside
# the first is shown
SHOWN = [
    "text/markdown",
    "text/html",
    "image/svg+xml",
    "image/png",
    "image/jpeg",
    "text/plain",
]
CALLOUT = re.compile(
    r"(?ms)^::: *\{\.callout-(\w+)(?: title=\"(.*?)\")?(?: "
    r"collapse=\"?(\w+)\"?)?\}\n(?:## (.*?)\n)?"
)


def options(cell) -> dict[str, str]:
    "Quarto's options at the head of a code cell"
    head = re.match(r"(?:#\|.*\n?)*", cell.source)[0]
    return {
        name: value.strip().strip('"')
        for name, value in re.findall(r"(?m)^#\| ([\w-]+): *(.*)$", head)
    }


def callout(found: re.Match) -> str:
    "The head of a callout, with its title in a box of its own"
    kind, title, _, heading = found.groups()
    return (
        f"::: {{.callout .callout-{kind}}}\n::: {{.callout-title}}\n"
        f"{title or heading or kind.capitalize()}\n:::\n\n"
    )


class Page:
    "One notebook on its way to HTML"

    def __init__(self, notebook, name: str, folder: Path):
        self.notebook, self.name, self.folder = notebook, name, folder
        self.head = yaml.safe_load(notebook.cells[0].source.strip().strip("-"))
        self.numbers: dict[str, int] = {}  # by label
        self.pictures = 0

    def number(self, label: str) -> int:
        "The number of a label among those of its kind"
        kind = label.split("-")[0]
        self.numbers[label] = 1 + sum(
            other.startswith(f"{kind}-") for other in self.numbers
        )
        return self.numbers[label]

    def equations(self, text: str) -> str:
        "Text whose labelled equations carry their numbers"

        def tagged(found: re.Match) -> str:
            formula, label = found.groups()
            return (
                f"[$$ {formula.strip()} \\tag{{{self.number(label)}}} $$]{{#{label}}}"
            )

        return re.sub(r"(?s)\$\$((?:(?!\$\$).)+)\$\$ *\{#(eq-[\w-]+)\}", tagged, text)

    def tables(self, text: str) -> str:
        "Text whose tables carry their numbers, where a caption follows them"

        def captioned(found: re.Match) -> str:
            caption = (
                f"::: {{.caption}}\nTable {self.number(found[3])}: {found[2]}\n:::"
            )
            return (
                f":::::: {{#{found[3]} .quarto-float-tbl}}\n{caption}\n\n{found[1]}\n"
                "::::::\n"
            )

        return re.sub(r"(?m)((?:^\|.*\n)+)\n: (.*) \{#(tbl-[\w-]+)\}$", captioned, text)

    def picture(
        self, content: bytes, suffix: str, alt: str = "", caption: str = ""
    ) -> str:
        "Markdown that shows a picture, which is stored beside the page"
        self.pictures += 1
        path = self.folder / f"{self.name}-{self.pictures}.{suffix}"
        path.write_bytes(content)
        return (
            f'<figure><img src="{path.name}" alt="{html.escape(alt)}"/>\n'
            f"<figcaption>{caption}</figcaption></figure>"
        )

    def output(self, output, cell_options: dict[str, str]) -> str:
        "Markdown of one output of a cell"
        if output.output_type == "stream":
            return (
                f"::: {{.cell-output .cell-output-{output.name}}}\n{FENCE}\n"
                f"{output.text.rstrip()}\n{FENCE}\n:::"
            )
        kind = next(kind for kind in SHOWN if kind in output.data)
        content = "".join(output.data[kind])
        if kind.startswith("image/"):
            raw = content.encode() if "svg" in kind else b64decode(content)
            shown = self.picture(
                raw, kind.split("/")[1].split("+")[0], cell_options.get("fig-alt", "")
            )
        elif kind == "text/html":
            shown = f"{FENCE}{{=html}}\n{content}\n{FENCE}"
        else:
            shown = (
                content if kind == "text/markdown" else f"{FENCE}\n{content}\n{FENCE}"
            )
        return (
            shown
            if cell_options.get("output") == "asis"
            else f"::: {{.cell-output-display}}\n{shown}\n:::"
        )

    def code(self, cell) -> str:
        "Markdown of a code cell: its source, folded if it says so, and its outputs"
        chosen, source = options(cell), re.sub(r"^(#\|.*\n?)*", "", cell.source)
        if chosen.get("include") == "false":
            return ""
        parts = (
            [f"{FENCE} {{.python .cell-code}}\n{source}\n{FENCE}"]
            if chosen.get("echo") != "false"
            else []
        )
        if parts and (fold := chosen.get("code-fold")):
            summary, is_open = (
                chosen.get("code-summary", "Code"),
                " open" if fold == "show" else "",
            )
            parts = [
                (
                    f"<details class='code-fold'{is_open}>\n"
                    f"<summary>{summary}</summary>\n\n{parts[0]}\n\n</details>"
                )
            ]
        outputs = [
            self.output(output, chosen)
            for output in cell.outputs
            if chosen.get("output") != "false"
        ]
        if (label := chosen.get("label")) and label.split("-")[0] in KINDS and outputs:
            kind = label.split("-")[0]
            caption = (
                f"{KINDS[kind]} {self.number(label)}: {chosen.get(f'{kind}-cap', '')}"
            )
            caption = f"::: {{.caption}}\n{caption}\n:::"
            outputs = [caption, *outputs] if kind == "tbl" else [*outputs, caption]
            outputs = [f":::::: {{#{label} .quarto-float-{kind}}}", *outputs, "::::::"]
        return "\n\n".join(parts + outputs)

    def markdown(self) -> str:
        "The page as pandoc's Markdown, with numbers but with references still by label"
        parts = []
        for cell in self.notebook.cells[1:]:
            if cell.cell_type == "markdown":
                parts.append(
                    CALLOUT.sub(callout, self.tables(self.equations(cell.source)))
                )
            elif cell.cell_type == "code":
                classes = "".join(
                    f" .{name}" for name in options(cell).get("classes", "").split()
                )
                parts.append(
                    f"::::::::: {{.cell{classes}}}\n{self.code(cell)}\n:::::::::"
                )
        return "\n\n".join(parts)


def outside_code(text: str, change) -> str:
    "Text that is changed everywhere but in code blocks and code spans"
    parts = re.split(r"(?ms)(^(?P<fence>`{3,}).*?^(?P=fence)\s*?$|`[^`\n]+`)", text)
    # each match leaves two groups behind: the code, and its fence
    return "".join(
        part if i % 3 == 1 else change(part) if i % 3 == 0 else ""
        for i, part in enumerate(parts)
    )


def relative(target: str, here: str) -> str:
    "The way from a page to a file of the site"
    return posixpath.relpath(target, posixpath.dirname(here) or ".")


def resolve(text: str, page: Page, outputs: dict[str, str]) -> str:
    """Text with references to labels as words, and links to notebooks as links to their
    pages"""

    def refer(found: re.Match) -> str:
        label = found[1]
        return (
            f"[{KINDS[label.split('-')[0]]} {page.numbers[label]}](#{label})"
            if label in page.numbers
            else found[0]
        )

    def link(found: re.Match) -> str:
        name = posixpath.normpath(
            posixpath.join(posixpath.dirname(page.name), found[1])
        )
        target = relative(outputs.get(name, f"{name}.html"), page.name)
        return f"]({target}{found[2] or ''})"

    def change(part: str) -> str:
        part = re.sub(r"@((?:eq|fig|tbl)-[\w-]*\w)", refer, part)
        part = re.sub(r"\]\(([\w./-]+)\.ipynb(#[\w-]+)?\)", link, part)
        absolute = lambda found: f"]({relative(found[1], page.name)}{found[2] or ''})"
        return re.sub(r"\]\(/([\w./-]+\.html)(#[\w.-]+)?\)", absolute, part)

    return outside_code(text, change)


def sidebar(
    contents, outputs: dict[str, str], titles: dict[str, str], here: str
) -> str:
    "The site's sidebar as a list, with the page that is open marked"
    items = []
    for item in contents:
        if isinstance(item, dict) and "section" in item:
            within = sidebar(item["contents"], outputs, titles, here)
            items.append(f"<li>{item['section']}{within}</li>")
            continue
        name = (item if isinstance(item, str) else item["href"]).removesuffix(".ipynb")
        text = item["text"] if isinstance(item, dict) else titles[name]
        mark = ' aria-current="page"' if name == here else ""
        target = relative(outputs.get(name, name), here)
        items.append(f'<li><a href="{target}"{mark}>{text}</a></li>')
    return f"<ul>{''.join(items)}</ul>"


def colours(theme: Path) -> str:
    "The variables of a theme as declarations, under Bootstrap's names"
    return " ".join(
        f"--bs-{name}: {value};"
        for name, value in re.findall(r"(?m)^\$([\w-]+): (.*);$", theme.read_text())
    )


def make(out: Path) -> dict[str, Path]:
    "Write all pages to a folder: the page of each notebook, by the notebook's name"
    process()
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    mathjax = Path(
        find_spec("mathjax").submodule_search_locations[0], "static", "mathjax", "es5"
    )
    shutil.copytree(
        mathjax / "output" / "chtml" / "fonts", out / "output" / "chtml" / "fonts"
    )
    shutil.copy(mathjax / "tex-chtml-full.js", out)
    shutil.copy(root / "nbs" / "styles.css", out)
    for images in (root / "nbs").rglob("images"):
        shutil.copytree(images, out / images.relative_to(root / "nbs"))

    settings = configparser.ConfigParser(interpolation=None)
    settings.read(root / "settings.ini")
    configuration = yaml.safe_load((root / "_quarto.yml").read_text())
    website, style = configuration["website"], configuration["format"]["html"]
    themes = {
        scheme: colours(root / "nbs" / files[-1])
        for scheme, files in style["theme"].items()
    }
    right = website["navbar"]["right"]
    texts = [(item["href"], item["text"]) for item in right if "text" in item]
    named = sidebar_pages(website["sidebar"]["contents"])
    names = [page.removesuffix(".ipynb") for page in named if page.endswith(".ipynb")]
    pages = {
        name: Page(nbformat.read(root / "_proc" / f"{name}.ipynb", 4), name, out)
        for name in names
    }
    outputs = {name: page_of(f"{name}.ipynb") for name in pages}
    titles = {name: page.head["title"] for name, page in pages.items()}
    for i, (name, page) in enumerate(pages.items()):
        (out / outputs[name]).parent.mkdir(exist_ok=True, parents=True)
        description = yaml.safe_dump(
            {"description": page.head.get("description", "")}, allow_unicode=True
        )
        text = f"---\n{description}---\n\n{resolve(page.markdown(), page, outputs)}"
        before, after = (
            names[i - 1] if i else None,
            names[i + 1] if i + 1 < len(names) else None,
        )
        variables = {
            **themes,
            "root": "../" * name.count("/"),
            "sidebar": sidebar(website["sidebar"]["contents"], outputs, titles, name),
            "navbar": " ".join(
                f'<a href="{to if ":" in to else relative(to, name)}">{text}</a>'
                for to, text in texts
            ),
            "repository": settings["DEFAULT"]["git_url"],
            "previous": before
            and f'<a href="{relative(outputs[before], name)}">← {titles[before]}</a>',
            "next": after
            and f'<a href="{relative(outputs[after], name)}">{titles[after]} →</a>',
        }
        arguments = [
            "--standalone",
            f"--template={Path(__file__).with_name('preview.html')}",
            "--toc",
            "--toc-depth=3",
        ]
        arguments += [
            "--mathjax",
            "--wrap=preserve",
            f"--metadata=title:{titles[name]}",
        ]
        arguments += ["--metadata=link-citations:true"]
        arguments += [
            f"--include-after-body={root / 'nbs' / style['include-after-body']}"
        ]
        arguments += [
            f"--variable={key}:{value}" for key, value in variables.items() if value
        ]
        bibliography = root / "nbs" / "references.bib"
        if bibliography.exists():
            arguments += [
                "--citeproc",
                f"--bibliography={bibliography}",
                "--metadata=reference-section-title:References",
            ]
        made = pypandoc.convert_text(
            text, "html5", format="markdown", extra_args=arguments
        )
        (out / outputs[name]).write_text(made)
    return {name: out / outputs[name] for name in names}


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument(
        "--out",
        type=Path,
        default=root / "_preview",
        help="folder for the pages; what it holds is lost",
    )
    out = parser.parse_args().out
    print(f"{len(make(out))} pages")
    (out / "try").mkdir()
    genflow(
        ["explore", "--out", str(out / "try" / "index.html"), "--home", "../index.html"]
    )


if __name__ == "__main__":
    main()
