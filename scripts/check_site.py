"""Check the notebooks as the site will show them, without Quarto.

    python scripts/check_site.py

Runs `nbdev_proc_nbs` and reports, from `_proc`: links to pages, anchors and images that do not exist, references to
labels that the page does not define, unbalanced formulas, stored errors, and pages that the sidebar does not name.
"""

import re
import subprocess
import sys
from pathlib import Path

import nbformat
import yaml

root = Path(__file__).resolve().parents[1]
processed = root / "_proc"
label = re.compile(r"(?:\{#|\|\s*label:\s*)((?:eq|fig|tbl|sec)-[\w-]+)")


def anchors(notebook) -> set[str]:
    "Labels and headings that a link may point to"
    text = "\n".join(cell.source for cell in notebook.cells)
    headings = re.findall(r"(?m)^#+\s+(.+?)\s*(?:\{.*\})?$", text)
    slugs = {re.sub(r"[^\w -]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}
    return slugs | set(label.findall(text)) | set(re.findall(r"\{#([\w-]+)", text))


def outside_code(text: str) -> str:
    "Markdown without code blocks and code spans"
    return re.sub(r"`[^`\n]*`", "", re.sub(r"(?s)```.*?```", "", text))


def faults_of_links(path: Path, text: str, pages: dict[Path, set[str]]):
    "Every local link whose page, anchor or image is missing"
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        if name.startswith("/"):  # made by nbdev from its index, in which page names have lost their numbers
            if name.removesuffix(".html")[1:] not in {re.sub(r"^\d+[a-z]?_", "", p.stem) for p in pages}:
                yield f"dead link {target}"
            continue
        page = (path.parent / name).resolve() if name else path
        if not page.exists():
            yield f"dead link {target}"
        elif anchor and page in pages and anchor not in pages[page]:
            yield f"no anchor #{anchor} in {page.name}"


def faults_of_maths(text: str):
    "Unbalanced delimiters, braces and environments"
    blocks = re.split(r"\$\$", text)
    if len(blocks) % 2 == 0:
        yield "unbalanced $$"
    for formula in [*blocks[1::2], *re.findall(r"(?<![\\$])\$([^$\n]+)\$", "".join(blocks[::2]))]:
        if len(re.findall(r"(?<!\\)\{", formula)) != len(re.findall(r"(?<!\\)\}", formula)):
            yield f"unbalanced braces in {formula.strip()[:60]!r}"
        if len(re.findall(r"\\left\b", formula)) != len(re.findall(r"\\right\b", formula)):
            yield f"\\left without \\right in {formula.strip()[:60]!r}"
        if re.findall(r"\\begin\{(\w+\*?)\}", formula) != re.findall(r"\\end\{(\w+\*?)\}", formula):
            yield f"unclosed environment in {formula.strip()[:60]!r}"


def faults_of(path: Path, notebook, pages: dict[Path, set[str]]):
    "Everything wrong with one page"
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            text = outside_code(cell.source)
            yield from faults_of_links(path, text, pages)
            yield from faults_of_maths(text)
            for reference in re.findall(r"(?<![\w(])@((?:eq|fig|tbl|sec)-[\w-]+)", text):
                if reference not in pages[path]:
                    yield f"@{reference} is not defined on this page"
        elif any(output.output_type == "error" for output in cell.get("outputs", [])):
            yield "a stored error"
        elif any(
            "application/vnd.jupyter.widget-view+json" in output.get("data", {}) for output in cell.get("outputs", [])
        ):
            yield "a stored widget, which the site cannot show: run scripts/refresh.py on the notebook"


def sidebar_pages(contents) -> set[str]:
    "Every page that the sidebar names"
    if isinstance(contents, str):
        return {contents}
    if isinstance(contents, dict):
        return sidebar_pages(contents.get("contents", contents.get("href", [])))
    return {page for item in contents for page in sidebar_pages(item)}


def main():
    subprocess.run(["nbdev_proc_nbs"], cwd=root, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    paths = sorted(path for path in processed.rglob("*.ipynb") if not path.name.startswith((".", "_")))
    notebooks = {path: nbformat.read(path, as_version=4) for path in paths}
    pages = {path: anchors(notebook) for path, notebook in notebooks.items()}
    faults = [f"{p.relative_to(processed)}: {fault}" for p, n in notebooks.items() for fault in faults_of(p, n, pages)]
    configuration = yaml.safe_load((root / "_quarto.yml").read_text())
    named = sidebar_pages(configuration["website"]["sidebar"]["contents"])
    present = {str(path.relative_to(processed)) for path in paths}
    faults += [f"_quarto.yml: the sidebar names {page}, which does not exist" for page in sorted(named - present)]
    faults += [f"_quarto.yml: the sidebar does not name {page}" for page in sorted(present - named)]
    print("\n".join(faults) or f"{len(paths)} pages, no faults")
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
