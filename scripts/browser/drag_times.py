"""Time how soon the page of sliders answers to a drag, in Chromium.

    taskset -c 0 python scripts/browser/drag_times.py [genflow-digits/index.html] \
        [--moves 40]

Without a page, that of the shipped models is written and opened from the disk. In every
tab each slider, and in the last tab the first map too, is dragged by the mouse from one
end to the other in equal moves; a move is sent when the picture of the one before has
been painted. A time runs from the browser's time stamp of the event to the first task
after the frame in which everything that depends on the control, the grid of small
images included, was drawn.
"""

import argparse
import statistics
import tempfile
from pathlib import Path

from browser_models_test import drawn_after, explorer
from browser_test import chromium, new_page, root
from playwright.sync_api import Locator, Page

from genflow.explore.web import exhibit_shipped, write_explorer

# Collects the milliseconds of each event that arrives at the document, once its picture
# is painted
WATCH = """kind => {
    const root = document.querySelector('.explorer'), channel = new MessageChannel();
    window.times = [];
    let began = null;
    document.addEventListener(kind, event => {
        began = event.timeStamp;
        root.dataset.drawn = '';
    }, true);
    const told = () => root.dataset.drawn === 'all' && channel.port2.postMessage('');
    new MutationObserver(told).observe(
        root, {attributes: true, attributeFilter: ['data-drawn']});
    channel.port1.onmessage = () => {
        if (began === null || root.dataset.drawn !== 'all') return;
        times.push(performance.now() - began);
        began = null;
    };
}"""


# How many values a slider has; anything else has any number of them
VALUES = "each => each.type === 'range' ? (each.max - each.min) / each.step : Infinity"


def drag(
    page: Page, address: str, tab: int, control: str, kind: str, moves: int
) -> list[float]:
    """Milliseconds from each event of a drag over a control, whose name is a CSS
    selector in a tab, to its picture"""
    page.goto(address)
    explorer(page)
    drawn_after(page, page.get_by_role("tab").nth(tab).click)
    found: Locator = page.locator(control)
    found.scroll_into_view_if_needed()
    box = found.bounding_box()
    # each move reaches another value
    moves = int(min(moves, 0.8 * found.evaluate(VALUES)))
    place = lambda part: (
        box["x"] + (0.05 + 0.9 * part) * box["width"],
        box["y"] + (0.4 + 0.2 * part) * box["height"],
    )
    page.mouse.move(*place(0))
    drawn_after(page, page.mouse.down)
    page.evaluate(WATCH, kind)
    for move in range(1, moves + 1):
        page.mouse.move(*place(move / moves))
        page.wait_for_function(
            "count => times.length >= count", arg=move, polling=5, timeout=20_000
        )
    page.mouse.up()
    return page.evaluate("() => times")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument(
        "page",
        nargs="?",
        type=Path,
        help="of sliders; without one, that of the shipped models",
    )
    parser.add_argument("--moves", type=int, default=40, help="of each control")
    arguments = parser.parse_args()
    with chromium() as browser, tempfile.TemporaryDirectory() as place:
        path = arguments.page or write_explorer(
            Path(place) / "index.html", exhibit_shipped()
        )
        address = path.resolve().as_uri()
        with new_page(
            browser,
            root / "screenshots",
            "drag",
            viewport={"width": 1280, "height": 900},
        ) as page:
            page.goto(address)
            explorer(page)
            print("| tab | control | median, ms | worst, ms |\n|---|---|--:|--:|")
            for i, tab in enumerate(page.get_by_role("tab").all_inner_texts()):
                page.goto(address)
                explorer(page)
                drawn_after(page, page.get_by_role("tab").nth(i).click)
                sliders = page.locator(".explorer input[type=range]").filter(
                    visible=True
                )
                controls = {
                    f"#{each.get_attribute('id')}": "input" for each in sliders.all()
                }
                titles = [
                    page.locator(f"label[for={control[1:]}]").inner_text()
                    for control in controls
                ]
                if page.locator("canvas.map").filter(visible=True).count():
                    controls[".explorer figure:first-child canvas.map"] = "pointermove"
                    titles.append("the map")
                for title, (control, kind) in zip(titles, controls.items()):
                    times = drag(page, address, i, control, kind, arguments.moves)
                    print(
                        f"| {tab} | {title} | {statistics.median(times):.0f} | "
                        f"{max(times):.0f} |",
                        flush=True,
                    )


if __name__ == "__main__":
    main()
