"""Make the moving picture of README: the page of the report's models of MNIST, while
its slider moves from end to end.

    python scripts/site/animate.py

Writes `nbs/images/sliders.gif`; Chromium is needed. The pictures are those that the
page computes, at every third of a position between two draws of each prior, there and
back.
"""

import io
import sys
import tempfile
from pathlib import Path

from PIL import Image

root = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(root / "scripts" / "browser"))

from browser_models_test import explorer, go
from browser_test import chromium, new_page

from genflow.explore.web import exhibit_shipped, write_explorer
from genflow.report.studies import REPORT

# of the page in pixels, of the file in bytes, of a picture
WIDTH, MOST, MILLISECONDS = 940, 2_000_000, 90


def record(address: str) -> list[Image.Image]:
    "The slider and the models' images, at each position"
    pictures = []
    with (
        chromium() as browser,
        new_page(
            browser,
            Path(tempfile.gettempdir()),
            "animate",
            viewport={"width": WIDTH, "height": 900},
        ) as page,
    ):
        page.goto(address)
        explorer(page)
        top = page.get_by_role("slider", name="position").bounding_box()
        figures = [
            figure.bounding_box() for figure in page.locator(".explorer figure").all()
        ]
        first, last = figures[0], figures[-1]
        assert first["y"] == last["y"], (
            "the models do not stand in one row: make WIDTH larger"
        )
        clip = {
            "x": first["x"] - 12,
            "y": top["y"] - 14,
            "width": last["x"] + last["width"] - first["x"] + 24,
        }
        clip["height"] = first["y"] + first["height"] - clip["y"] + 4
        for step in range(28):
            go(
                page,
                f"group=mnist&curve=flow&at={1 + step / 3}&start=draw-4&end=draw-11",
            )
            pictures.append(
                Image.open(io.BytesIO(page.screenshot(clip=clip))).convert("RGB")
            )
    return [*pictures, *pictures[-2:0:-1]]


def main() -> None:
    exhibits = [
        exhibit for exhibit in exhibit_shipped() if exhibit.name in REPORT["mnist"]
    ]
    with tempfile.TemporaryDirectory() as place:
        pictures = record(write_explorer(Path(place) / "index.html", exhibits).as_uri())
    palette = pictures[0].quantize(160)
    frames = [
        picture.quantize(palette=palette, dither=Image.Dither.NONE)
        for picture in pictures
    ]
    path, content = root / "nbs" / "images" / "sliders.gif", io.BytesIO()
    frames[0].save(
        content,
        "GIF",
        save_all=True,
        append_images=frames[1:],
        duration=MILLISECONDS,
        loop=0,
        optimize=True,
    )
    if len(content.getvalue()) > MOST:
        sys.exit(
            f"the animation has {len(content.getvalue()):,} bytes, at most {MOST:,} "
            "are kept"
        )
    path.write_bytes(content.getvalue())
    print(
        f"{path.relative_to(root)}: {len(frames)} pictures of {frames[0].size}, "
        f"{len(content.getvalue()):,} bytes"
    )


if __name__ == "__main__":
    main()
