"""Make README.md, and the pictures that it shows, from `nbs/index.ipynb`, without
Quarto.

    python scripts/site/readme.py [--check]

Links that are relative to the notebook become relative to README.md; cells that begin
with the comment `on the site, not in README` are left out. With `--check` nothing is
written; the exit status is 1 if README.md is not what the notebook gives.
"""

import argparse
import posixpath
import re
import sys
from base64 import b64decode
from pathlib import Path

import nbformat
from nbconvert import MarkdownExporter

root = Path(__file__).resolve().parents[2]
images = root / "nbs" / "images"


def option(cell, name: str) -> str:
    "The value of a Quarto option of a code cell"
    return re.search(rf'(?m)^#\| {name}: "?(.*?)"?$', cell.source)[1]


def picture(cell) -> tuple[str, bytes] | None:
    "File name and content of the picture that a cell shows, if it shows one"
    for kind, suffix in (("image/png", "png"), ("image/jpeg", "jpg")):
        if kind in cell.outputs[0].data:
            return f"readme_{option(cell, 'label')}.{suffix}", b64decode(
                cell.outputs[0].data[kind]
            )
    return None


def output_only(cell):
    "A Markdown cell with what a code cell showed, for cells whose code is not shown"
    shown = picture(cell)
    if shown is None:
        return nbformat.v4.new_markdown_cell(
            "\n".join(output.data["text/markdown"] for output in cell.outputs)
        )
    caption = (
        f"![{option(cell, 'fig-alt')}](images/{shown[0]})\n\n"
        f"*{option(cell, 'fig-cap')}*"
    )
    return nbformat.v4.new_markdown_cell(caption)


def hides_code(cell) -> bool:
    "Whether a cell's code is not shown"
    return re.match(r"#\|\s*echo:\s*false", cell.source) is not None


def from_root(text: str) -> str:
    """Markdown of a notebook under `nbs/` whose relative links lead from the root of
    the repository"""
    changed = lambda found: (
        f"]({posixpath.normpath(posixpath.join('nbs', found[1]))}{found[2]})"
    )
    return re.sub(r"\]\((?![a-z]+:|[#/])([^)\s#]+)([^)]*)\)", changed, text)


def test_from_root() -> None:
    "AssertionError unless relative links are changed, and no others"
    given = (
        "[a](10_vae.ipynb#loss) ![b](images/b.png) [c](models/01_vae.ipynb) "
        "[d](../LICENSE) [e](#e) [f](https://f.g/h)"
    )
    wanted = (
        "[a](nbs/10_vae.ipynb#loss) ![b](nbs/images/b.png) "
        "[c](nbs/models/01_vae.ipynb) [d](LICENSE) [e](#e)"
    )
    assert from_root(given) == f"{wanted} [f](https://f.g/h)"


def left_out(cell) -> bool:
    "Whether README.md does not have a cell"
    return (
        re.match(r"#\|\s*hide\b|<!-- on the site, not in README -->", cell.source)
        is not None
    )


def without_directives(notebook):
    """The notebook without cells that are left out, directive lines and Quarto's own
    syntax"""
    cells = [cell for cell in notebook.cells if not left_out(cell)]
    cells = [output_only(cell) if hides_code(cell) else cell for cell in cells]
    for cell in cells:
        if cell.cell_type == "code":
            cell.source = re.sub(r"(?m)^#\|.*\n?", "", cell.source)
        else:
            cell.source = from_root(cell.source)
            # a button on the site, here a link
            cell.source = re.sub(r"\)\{\.btn[^}]*\}", ")", cell.source)
    notebook.cells = cells
    notebook.metadata.language_info = {"name": "python"}
    return notebook


def readme() -> dict[Path, bytes]:
    "Content of README.md and of its pictures, by path"
    notebook = nbformat.read(root / "nbs" / "index.ipynb", as_version=4)
    shown = [picture(cell) for cell in notebook.cells if hides_code(cell)]
    alone = {images / name: content for name, content in filter(None, shown)}
    body, resources = MarkdownExporter().from_notebook_node(
        without_directives(notebook)
    )
    files = {
        images / f"readme_{name}": content
        for name, content in resources.get("outputs", {}).items()
    }
    for path in files:
        body = body.replace(
            f"]({path.name.removeprefix('readme_')})", f"](nbs/images/{path.name})"
        )
    body = re.sub(r"!\[(png|svg)\]", "![The output of the lines above]", body)
    files |= alone
    files[root / "README.md"] = (
        re.sub(r"\n{3,}", "\n\n", body).strip() + "\n"
    ).encode()
    return files


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("--check", action="store_true", help="only compare")
    check = parser.parse_args().check
    test_from_root()
    files = readme()
    for path in set(images.glob("readme_*")) - set(files):
        if check:
            sys.exit(
                f"{path.relative_to(root)} is shown no more: run python "
                "scripts/site/readme.py"
            )
        path.unlink()
    for path, content in files.items():
        if not check:
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content)
        elif not path.is_file() or path.read_bytes() != content:
            sys.exit(
                f"{path.relative_to(root)} is stale: run python scripts/site/readme.py"
            )


if __name__ == "__main__":
    main()
