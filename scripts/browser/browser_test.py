"""Try the project in a real browser, as a reader would, and leave screenshots.

    python scripts/browser/browser_test.py explore [nbs] [--screenshots DIR]
    python scripts/browser/browser_test.py page [genflow-digits/index.html] \
        [--screenshots DIR]
    python scripts/browser/browser_test.py site [_preview] [--screenshots DIR]

`explore` runs two notebooks of a folder in JupyterLab: it prints how soon the one
called sliders shows them after *Run All Cells*, and moves one; in the one called
explore every slider is moved with the keyboard: each move must change the image, and
half of the moves of the first slider must be drawn within 200 ms. `page` opens what
`genflow reproduce` wrote, from the disk and without a network, at 1280 and 390 pixels
in the light and the dark colour scheme: each picture must load and have a description,
nothing may stand out of the window, the columns of a grid must be equal and the opening
rows of one size, what scrolls must show that there is more and be reached with the
keyboard, the table may not scroll, each entry of the contents must lead to its section
below the bar, and every text must pass WCAG AA. `site` makes the preview of the site in
a folder (`scripts/site/preview.py`) and walks every page at 1280 and 390 pixels, light
and dark: nothing may stand out of its column, no formula may fail, no page may scroll
sideways, and the words, formulas, badges and pictures of each notebook must all be
there. What is too wide for a phone scrolls in a box of its own, which shows that there
is more, and the number of a formula is seen nevertheless; at 1280 pixels nothing has
to. Wrapped code goes on right of its own indentation, no column is squeezed to a word a
line, the contents can be had at either width, every picture has a description, and
every text passes WCAG AA on its ground. The browser is the system's Chromium or Chrome,
without a window, driven by Playwright.
"""

import argparse
import json
import os
import re
import secrets
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nbformat
from nbdev.doclinks import nbglob
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

root = Path(__file__).resolve().parents[2]
sys.path.append(str(root / "scripts" / "site"))

import preview
from quarto import as_quarto

# seconds in which not one cell has been completed: what runs hangs, on whatever machine
STALLED = 300
LIMIT = 200  # ms from a key press to the redrawn image, median
MOVES = 15  # over which the median is taken

# When a key is pressed: wait until the image has loaded other pixels than it has now,
# and until they are drawn. Decoding fails of an image that is replaced meanwhile: by
# the answer to an earlier move, for one
WATCH = """async image => {
    for (let source = null; source !== image.src;) {
        source = image.src;
        await image.decode().catch(error => {
            if (source === image.src) throw error;
        });
    }
    const pixels = () => {
        const size = [image.naturalWidth, image.naturalHeight];
        const canvas = new OffscreenCanvas(...size).getContext('2d');
        canvas.drawImage(image, 0, 0);
        return canvas.getImageData(0, 0, ...size).data.join();
    };
    const before = pixels();
    window.redrawn = new Promise((done, fail) => addEventListener('keydown', () => {
        const began = performance.now();
        setTimeout(() => fail(new Error('the image does not change')), 10_000);
        image.addEventListener('load', function loaded() {
            if (pixels() === before) return;
            image.removeEventListener('load', loaded);
            requestAnimationFrame(() => done(performance.now() - began));
        });
    }, {once: true, capture: true}));
}"""

# For what is measured of a page: where the rows of a text begin, and how much a text
# stands out from its ground
HELPERS = """
// the left edge of each row of the text from the first node's first sign to the last's
// end
const rows = (first, last) => {
    const range = document.createRange(), lefts = [];
    range.setStart(first, first.data.search(/\\S/));
    range.setEnd(last, last.data.trimEnd().length);
    let bottom = -Infinity;
    for (const {left, top, height, width} of range.getClientRects()) {
        if (!width) continue;
        if (top + height / 2 > bottom) lefts.push(left);
        bottom = Math.max(bottom, top + height);
    }
    return lefts;
};
const texts = element => {
    const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT), found = [];
    while (walker.nextNode())
        if (walker.currentNode.data.trim()) found.push(walker.currentNode);
    return found;
};
const fontSize = element => parseFloat(getComputedStyle(element).fontSize);
// a wrapped line that goes on at or left of its own indentation
const isMisplaced = line => {
    if (line.offsetHeight < 1.9 * fontSize(line)) return false;
    const found = texts(line);
    if (!found.length) return false;
    const [first, ...others] = rows(found[0], found.at(-1));
    return others.some(left => left < first + 1);
};
// a narrow cell of at least five words and hardly more than one on a row
const isSqueezed = cell => {
    if (cell.getBoundingClientRect().width > 11 * fontSize(cell)) return false;
    const words = cell.textContent.trim().split(/\\s+/).length, found = texts(cell);
    return words >= 5 && rows(found[0], found.at(-1)).length > 0.7 * words;
};
const channels = colour => {
    const [red, green, blue, alpha = 1] = colour.match(/[\\d.]+/g).map(Number);
    return [red, green, blue, alpha];
};
const over = ([r, g, b, a], [R, G, B]) =>
    [r * a + R * (1 - a), g * a + G * (1 - a), b * a + B * (1 - a), 1];
const luminance = colour => colour.slice(0, 3).map(part => part / 255)
    .map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
    .reduce((sum, part, i) => sum + part * [0.2126, 0.7152, 0.0722][i], 0);
const kind = element => {  // such as `summary`, `th code` or `pre .co`
    const outer = element.closest('pre, header, nav, summary, th, td, figcaption, '
        + '.caption, .description, .callout, details.contents');
    const isNamed = element.className && typeof element.className === 'string';
    const own = isNamed ? `.${element.className.split(' ')[0]}` : '';
    const name = element.localName;
    const around = outer =>
        outer.localName === 'div' ? `.${outer.classList[0]}` : outer.localName;
    const place = outer && outer !== element ? `${around(outer)} ` : '';
    return `${place}${name}${name === 'span' || name === 'div' ? own : ''}`;
};
// the lowest contrast by kind of element, of what fails by how much it misses
const contrasts = root => {
    const seen = new Map([[null, {ground: [255, 255, 255, 1], opacity: 1}]]);
    const lowest = {};
    // the ground that an element gives to what it holds, and how opaque that is
    const around = element => {
        if (!seen.has(element)) {
            const outer = around(element.parentElement);
            const {backgroundColor, opacity} = getComputedStyle(element);
            seen.set(element, {
                ground: over(channels(backgroundColor), outer.ground),
                opacity: outer.opacity * opacity,
            });
        }
        return seen.get(element);
    };
    const blocks = [...root.querySelectorAll('pre')];
    const plain = ':not(script, style, svg, svg *, img, mjx-container *, pre span *)';
    const tokens = blocks.flatMap(block => {  // in a block of code, one of each class
        const found = [...block.querySelectorAll('span *')];
        return [...new Map(found.map(token => [token.className, token])).values()];
    });
    for (const element of [...root.querySelectorAll(plain), ...tokens]) {
        const hasText = [...element.childNodes].some(
            node => node.nodeType === 3 && node.data.trim());
        if (!hasText && element.localName !== 'mjx-container') continue;
        if (!element.getClientRects().length) continue;
        const style = getComputedStyle(element), {ground, opacity} = around(element);
        const size = parseFloat(style.fontSize);
        const colour = channels(style.color);
        colour[3] *= opacity;
        const both = [luminance(over(colour, ground)), luminance(ground)];
        const [low, high] = both.sort((a, b) => a - b);
        const ratio = (high + 0.05) / (low + 0.05);
        const isBold = style.fontWeight >= 700;
        const needed = size >= 24 || (size >= 18.66 && isBold) ? 3 : 4.5;
        const key = kind(element);
        if (!(key in lowest) || ratio / needed < lowest[key][0] / lowest[key][1])
            lowest[key] = [ratio, needed];
    }
    return lowest;
};
"""
# Of a page of the site: what stands out of its column, what scrolls in a box of its
# own, and what a reader finds there
MEASURE = (
    f"""() => {{ {HELPERS} return ("""
    + """() => {
    const main = document.querySelector('main'), wide = [];
    const column = main.getBoundingClientRect();
    const all = selector => [...main.querySelectorAll(selector)];
    const folded = [...main.querySelectorAll('details:not([open])')];
    folded.forEach(details => details.open = true);
    const box = element => {
        for (; element !== main; element = element.parentElement)
            if (['auto', 'scroll'].includes(getComputedStyle(element).overflowX))
                return element;
    };
    for (const element of main.querySelectorAll('*')) {
        if (element.parentElement.closest('mjx-container')) continue;
        if (wide.some(other => other.contains(element))) continue;
        const {left, right, width} = element.getBoundingClientRect();
        if (width && (right > column.right + 2 || left < column.left - 2))
            wide.push(element);  // a space may hang at the end
    }
    const name = element => {
        const text = element.textContent.trim().replace(/\\s+/g, ' ').slice(0, 80);
        return `${element.localName} ${text}`;
    };
    const boxes = all(':not(mjx-container, mjx-container *, pre span)');
    const scrolls = boxes.filter(element =>
        element.clientWidth && element.scrollWidth > element.clientWidth + 1
        && ['auto', 'scroll'].includes(getComputedStyle(element).overflowX));
    const hasSign = element => {
        const {backgroundImage, backgroundAttachment} = getComputedStyle(element);
        return /gradient/.test(backgroundImage)
            && /local.*scroll/.test(backgroundAttachment);
    };
    const numbers = all('mjx-labels').filter(number => {
        const edge = number.closest('span.math.display')?.getBoundingClientRect();
        const place = number.getBoundingClientRect();
        return edge && (place.right > edge.right + 1 || place.left < edge.left - 1
            || place.bottom > edge.bottom + 1);
    });
    const inside = element =>
        box(element)?.getBoundingClientRect().right <= column.right + 1;
    const isSeen = element => element.getClientRects().length;
    const images = [...document.querySelectorAll('img')];
    const families = [...document.fonts].map(font => font.family);
    const narrow = innerWidth < 768 && main.querySelector('details.contents');
    const found = {
        outside: wide.filter(element => !inside(element)).map(name),
        scrolling: wide.filter(
            element => inside(element) && !element.closest('.terminal')).map(name),
        errors: all('mjx-merror, [data-mjx-error]').map(name),
        unsigned: scrolls.filter(element => !hasSign(element)).map(name),
        cut: scrolls.filter(element => element.matches('span.math.display')).length,
        tables: scrolls.filter(element => element.matches('table')).length,
        numbers: numbers.map(number => name(number.closest('span.math.display'))),
        misplaced: all('pre > code.sourceCode > span').filter(isMisplaced).map(name),
        squeezed: all('td').filter(isSqueezed).map(name),
        nameless: images.filter(image => !image.alt.trim()).map(image => image.src),
        contents: all('h2').length < 2
            || [...document.querySelectorAll('#TOC, details.contents')].some(isSeen),
        fonts: families.filter(family => !/MJX/.test(family)),
        height: document.documentElement.scrollHeight,
        contrast: contrasts(innerWidth < 768 ? narrow ?? main : document.body),
        sideways: document.documentElement.scrollWidth - innerWidth,
        background: getComputedStyle(document.body).backgroundColor,
        words: main.textContent + all('img').map(image => ` ${image.alt} `).join(''),
        formulas: main.querySelectorAll('mjx-container[display]').length,
        badges: main.querySelectorAll('img[src*="colab-badge"]').length,
        pictures: all('img').filter(image => image.naturalWidth).length,
    };
    folded.forEach(details => details.open = false);
    return found;
})(); }"""
)
# of which screenshots are kept, by the page's name without its folder and number
SECTIONS = {
    "index": [""],
    "vae": ["the-bound-and-its-gap"],
    "gan": ["the-losses"],
    "samples": ["the-comparison-in-words"],
    "comparison": ["", "what-the-original-report-got-wrong"],
    "widgets": [""],
}


@contextmanager
def chromium() -> Iterator[Browser]:
    "The system's browser, closed at the end"
    program = (
        shutil.which("chromium")
        or shutil.which("chromium-browser")
        or shutil.which("google-chrome")
    )
    if program is None:
        sys.exit(
            "there is no Chromium: install your system's package, such as apt-get "
            "install chromium"
        )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program, chromium_sandbox=False
        )
        try:
            yield browser
        finally:
            browser.close()


def free_port() -> int:
    "A port of this machine on which nothing listens"
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextmanager
def jupyter_lab(folder: Path) -> Iterator[tuple[str, str]]:
    """Address and token of a JupyterLab that serves one folder and knows no settings of
    the user's; ended with its kernels"""
    port, token, home = free_port(), secrets.token_hex(16), folder / ".jupyter"
    settings = (
        home
        / "lab"
        / "user-settings"
        / "@jupyterlab"
        / "apputils-extension"
        / "notification.jupyterlab-settings"
    )
    settings.parent.mkdir(parents=True)
    # else a question covers a corner
    settings.write_text(json.dumps({"fetchNews": "false"}))
    places = {
        f"JUPYTER_{kind}_DIR": str(home) for kind in ("CONFIG", "DATA", "RUNTIME")
    }
    command = [
        sys.executable,
        "-m",
        "jupyterlab",
        "--no-browser",
        "--allow-root",
        "--ip=127.0.0.1",
        f"--port={port}",
    ]
    command += ["--ServerApp.port_retries=0", f"--ServerApp.root_dir={folder}"]
    with (folder / ".server.log").open("w+") as log:
        environment = os.environ | places | {"JUPYTER_TOKEN": token}
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            address = f"http://127.0.0.1:{port}"
            wait_for_server(server, f"{address}/api", Path(log.name))
            yield address, token
        finally:
            server.terminate()  # it ends its kernels
            try:
                server.wait(20)
            except subprocess.TimeoutExpired:
                server.kill()


def wait_for_server(server: subprocess.Popen, address: str, log: Path) -> None:
    "Return when the server answers; end with its log if it does not"
    for _ in range(240):
        try:
            urllib.request.urlopen(address, timeout=5).close()
            return
        except OSError:
            time.sleep(0.25)
        if server.poll() is not None:
            break
    sys.exit(f"JupyterLab does not answer:\n{log.read_text()}")


def start(page: Page) -> None:
    """Choose *Run All Cells*, once the kernel of the notebook that the page shows is
    ready"""
    page.locator("#jp-main-statusbar").get_by_text("| Idle").wait_for(
        timeout=1000 * STALLED
    )
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()


def run_all(page: Page, notebook: Path) -> None:
    """Run every cell of the notebook that the page shows, as long as one after the
    other is completed, and save it"""
    start(page)
    waiting = page.locator(".jp-CodeCell .jp-InputPrompt").filter(has_text="[*]:")
    expect(waiting).not_to_have_count(0)
    while left := waiting.count():
        # another cell is completed
        expect(waiting).not_to_have_count(left, timeout=1000 * STALLED)
    assert_no_errors(page, notebook)


def assert_no_errors(page: Page, notebook: Path) -> None:
    """AssertionError if a cell of the notebook, which is saved, has raised or warned,
    or if the page shows such an output"""
    page.keyboard.press("Control+s")
    expect(page.locator(".jp-mod-current.jp-mod-dirty")).to_have_count(0)
    outputs = [
        output
        for cell in nbformat.read(notebook, 4).cells
        for output in cell.get("outputs", [])
    ]
    bad = [
        output
        for output in outputs
        if output.output_type == "error" or output.get("name") == "stderr"
    ]
    assert not bad, f"the notebook has errors: {bad}"
    shown = page.locator(
        "[data-mime-type$='.error'], [data-mime-type$='.stderr'], "
        ".jupyter-widgets-error-widget"
    )
    assert shown.count() == 0, f"the page shows an error: {shown.all_inner_texts()}"


def move(slider: Locator, image: Locator) -> float:
    """Press an arrow key on a slider: milliseconds until the image is drawn anew; an
    error if it stays as it is"""
    image.evaluate(WATCH)
    slider.press("ArrowRight")
    return slider.page.evaluate("() => redrawn")


def assert_quick(slider: Locator, image: Locator) -> None:
    """AssertionError if the median move takes too long, twice: another program may have
    been in the way once"""
    for _ in range(2):
        times = [move(slider, image) for _ in range(MOVES)]
        median = statistics.median(times)
        print(
            f"from key press to redraw: median {median:.0f} ms of "
            f"{', '.join(f'{t:.0f}' for t in times)}"
        )
        if median < LIMIT:
            return
    raise AssertionError(f"half of the moves take over {LIMIT} ms")


def keep(page: Page, folder: Path, name: str, **options) -> None:
    "Store a screenshot under a name"
    folder.mkdir(parents=True, exist_ok=True)
    page.screenshot(
        path=folder / f"{re.sub('[^a-z0-9]+', '-', name.lower()).strip('-')}.png",
        **options,
    )


@contextmanager
def new_page(
    browser: Browser, screenshots: Path, name: str, **options
) -> Iterator[Page]:
    """A page without the internet, whose uncaught exceptions and errors on the console
    fail the test at its end"""
    page, faults = browser.new_page(**options), []
    page.on("pageerror", lambda error: faults.append(f"exception: {error}"))
    page.on(
        "console",
        lambda message: (
            faults.append(f"console: {message.text}")
            if message.type == "error"
            else None
        ),
    )
    page.route(is_outside, lambda route: route.fulfill(status=204))
    try:
        yield page
    except BaseException:
        keep(page, screenshots, f"{name} failure")
        raise
    assert not faults, "\n".join(faults)


def is_outside(url: str) -> bool:
    "Whether an address leads away from this machine"
    return not url.startswith(("http://127.0.0.1:", "file:", "data:", "blob:"))


def seconds_to_sliders(page: Page) -> float:
    """Run the notebook that the page shows: seconds until its first slider can be
    moved, and moves the image"""
    start(page)
    began, tabs = time.perf_counter(), page.locator(".widget-tab")
    large_image(tabs).wait_for(timeout=1000 * STALLED)
    seconds = time.perf_counter() - began
    move(tabs.get_by_role("slider").first, large_image(tabs))
    return seconds


def find_notebook(folder: Path, name: str) -> Path:
    "The notebook of a name, whatever its number, in a folder or one of its folders"
    (path,) = (
        path
        for path in nbglob(folder, as_path=True)
        if re.fullmatch(rf"\d+[a-z]?_{name}", path.stem)
    )
    return path


def try_sliders(
    notebook: Path,
    place: Path,
    address: str,
    token: str,
    browser: Browser,
    screenshots: Path,
) -> None:
    "Time the sliders of a notebook; AssertionError if they do not move the image"
    copy = Path(shutil.copy(notebook, place))
    with new_page(
        browser, screenshots, "sliders", viewport={"width": 1200, "height": 1300}
    ) as page:
        page.goto(
            f"{address}/lab/workspaces/{copy.stem}/tree/{copy.name}?token={token}"
        )
        print(f"{copy.stem}: sliders after {seconds_to_sliders(page):.1f} s")
        keep(page, screenshots, "sliders")
        assert_no_errors(page, copy)


def explore(folder: Path, browser: Browser, screenshots: Path) -> None:
    """Run two notebooks in JupyterLab: time their sliders, and move every slider of
    every model"""
    with (
        tempfile.TemporaryDirectory() as place,
        jupyter_lab(Path(place)) as (address, token),
    ):
        try_sliders(
            find_notebook(folder, "sliders"),
            Path(place),
            address,
            token,
            browser,
            screenshots,
        )
        copy = Path(shutil.copy(find_notebook(folder, "widgets"), place))
        with new_page(
            browser, screenshots, "explore", viewport={"width": 1200, "height": 1300}
        ) as page:
            page.goto(
                f"{address}/lab/workspaces/{copy.stem}/tree/{copy.name}?token={token}"
            )
            run_all(page, copy)
            tabs = page.locator(".widget-tab")
            assert_quick(tabs.get_by_role("slider").first, large_image(tabs))
            for name in each_model(page, tabs):
                for tab in tabs.get_by_role("tab").all():
                    tab.press("Enter")
                    for slider in tabs.get_by_role("slider").filter(visible=True).all():
                        move(slider, large_image(tabs))
                    keep(page, screenshots, f"explore {name} {tab.inner_text()}")
                print(f"{name}: every slider moves the image")
            assert_no_errors(page, copy)


def each_model(page: Page, tabs: Locator) -> Iterator[str]:
    "Choose one data set and model after the other"
    for dataset in options(page.get_by_label("data set")):
        choose(page.get_by_label("data set"), dataset, tabs)
        for model in options(page.get_by_label("model")):
            choose(page.get_by_label("model"), model, tabs)
            yield f"{dataset} {model}"


def options(choice: Locator) -> list[str]:
    "What a choice offers"
    return choice.locator("option").all_inner_texts()


def choose(choice: Locator, option: str, tabs: Locator) -> None:
    """Choose, unless that is chosen already, and wait until other tabs have taken the
    place of those that are shown"""
    if choice.locator("option:checked").inner_text() != option:
        shown = tabs.element_handle()
        choice.select_option(option)
        shown.wait_for_element_state("hidden")
        tabs.wait_for()


def large_image(tabs: Locator) -> Locator:
    "The image that the sliders of the open tab move"
    return tabs.get_by_role("img", name=re.compile("^(image|coordinate)")).filter(
        visible=True
    )


# Of a comparison's page: what stands out, what scrolls, and what is not aligned
MEASURE_PAGE = (
    f"""() => {{ {HELPERS} return ("""
    + """() => {
    const all = selector => [...document.querySelectorAll(selector)];
    const box = element => element.getBoundingClientRect();
    const visible = element =>
        element.checkVisibility({opacityProperty: true, visibilityProperty: true});
    const name = element => {
        const text = element.textContent.trim().replace(/\\s+/g, ' ').slice(0, 60);
        return `${element.localName}.${element.className} ${text}`;
    };
    const scrolls = element =>
        ['auto', 'scroll'].includes(getComputedStyle(element).overflowX);
    const boxes = all('body *').filter(element => scrolls(element) && visible(element));
    const moving = boxes.filter(
        element => element.scrollWidth > element.clientWidth + 1);
    const hasSign = element =>
        /gradient/.test(getComputedStyle(element).backgroundImage);
    const inBox = element =>
        boxes.some(other => other.contains(element) && other !== element);
    const wide = all('body *').filter(element => {
        const {left, right, width} = box(element);
        return width && visible(element) && !inBox(element)
            && !element.closest('svg svg') && (right > innerWidth + 1 || left < -1);
    });
    const uneven = all('table.grid').filter(table => {
        const lefts = row => [...row.cells].map(cell => Math.round(box(cell).left));
        const rows = [...table.rows].map(row => lefts(row).join());
        const heads = [...table.rows[0].cells].filter(cell => cell.localName === 'th');
        const widths = heads.map(cell => box(cell).width);
        return new Set(rows).size > 1 || Math.max(...widths) - Math.min(...widths) > 1;
    });
    const sizes = all('#opening img').map(box).map(
        ({left, width, height}) => [left, width, height].map(Math.round).join());
    const scores = document.querySelector('table.scores');
    return {
        images: all('img[src]').map(image => image.naturalWidth),
        nameless: all('img').filter(
            image => !image.alt.trim() && !image.closest('.explorer')).length,
        sideways: document.documentElement.scrollWidth - innerWidth,
        wide: wide.map(name),
        unsigned: moving.filter(element => !hasSign(element)).map(name),
        unreachable: moving.filter(element =>
            element.tabIndex < 0 && !element.querySelector('a, button')).map(name),
        uneven: uneven.map(name),
        opening: new Set(sizes).size,
        table: scores.scrollWidth - scores.clientWidth,
        contrast: contrasts(document.body),
        background: getComputedStyle(document.body).backgroundColor,
    };
})(); }"""
)


def faults_of_page(found: dict) -> Iterator[str]:
    "What is wrong with a comparison's page at one width and in one colour scheme"
    if not found["images"] or not all(found["images"]):
        yield (
            f"{found['images'].count(0)} of {len(found['images'])} pictures do not load"
        )
    if found["nameless"]:
        yield f"{found['nameless']} pictures have no description"
    if found["sideways"] > 0 or found["table"] > 1:
        yield (
            f"the page is {found['sideways']} px, the table {found['table']} px "
            "too wide"
        )
    yield from (f"out of the window: {name}" for name in found["wide"])
    yield from (f"scrolls without a sign: {name}" for name in found["unsigned"])
    yield from (
        f"scrolls, and the keyboard does not reach it: {name}"
        for name in found["unreachable"]
    )
    yield from (f"columns are not aligned: {name}" for name in found["uneven"])
    if found["opening"] != 1:
        yield f"the opening rows have {found['opening']} sizes or places"
    for kind, (ratio, needed) in found["contrast"].items():
        if ratio < needed:
            yield f"a contrast of {ratio:.2f}, below {needed}: {kind}"


def test_page_measure(page: Page) -> None:
    "AssertionError unless each planted fault of a comparison's page is found"
    for style, fault in {
        "main { width: 2000px }": "too wide",
        ".scroll { background: none; width: 200px }": "scrolls without a sign",
        "#opening .strip:last-child img { width: 50% }": (
            "the opening rows have 2 sizes"
        ),
        ".grid td:last-child { display: block; margin-left: 9px }": (
            "columns are not aligned"
        ),
        ".how { color: #999 }": "a contrast of",
    }.items():
        planted = page.add_style_tag(content=style)
        found = list(faults_of_page(page.evaluate(MEASURE_PAGE)))
        assert any(fault in text for text in found), (fault, found)
        planted.evaluate("style => style.remove()")


def follow_contents(page: Page) -> None:
    """AssertionError unless every entry of the contents, by the keyboard, leads to its
    section, below the bar"""
    for link in page.locator("nav a").all():
        link.press("Enter")
        place = link.get_attribute("href")
        page.wait_for_function(
            """place => {
                const {top} = document.querySelector(place).getBoundingClientRect();
                const height = document.documentElement.scrollHeight;
                const end = scrollY + innerHeight >= height - 2;
                const nav = document.querySelector('nav');
                const {bottom} = nav.getBoundingClientRect();
                return top >= bottom - 1 && (end || top < bottom + 40);
            }""",
            arg=place,
        )


def show_page(path: Path, browser: Browser, screenshots: Path) -> None:
    """Open a comparison's page from the disk without a network, at both widths;
    AssertionError if it has a fault"""
    backgrounds, faults = set(), []
    for width in (1280, 390):
        for scheme in ("light", "dark"):
            options = {
                "color_scheme": scheme,
                "viewport": {"width": width, "height": 900},
                "reduced_motion": "reduce",
            }
            with new_page(
                browser, screenshots, f"page {width} {scheme}", **options
            ) as page:
                requests: list[str] = []
                page.on(
                    "request",
                    lambda request, requests=requests: requests.append(request.url),
                )
                page.context.set_offline(True)
                page.goto(path.resolve().as_uri())
                if page.locator(".explorer").count():
                    expect(page.locator(".explorer")).to_have_attribute(
                        "data-drawn", "all", timeout=60_000
                    )
                keep(page, screenshots, f"page {width} {scheme}", full_page=True)
                found = page.evaluate(MEASURE_PAGE)
                faults += [
                    f"{width} px, {scheme}: {fault}" for fault in faults_of_page(found)
                ]
                follow_contents(page)
                if width == 1280 and scheme == "light":
                    test_page_measure(page)
                assert not any(map(is_outside, requests)), f"the page needs {requests}"
                backgrounds.add(found["background"])
                print(f"{width} px, {scheme}: {len(found['images'])} pictures")
    assert len(backgrounds) == 2, f"light and dark look the same: {backgrounds}"
    assert not faults, "\n" + "\n".join(dict.fromkeys(faults))


def contents(notebook) -> dict:
    """What the page of a notebook has to show: its words and how often, and how many
    formulas, badges and pictures"""
    shown = [
        cell
        for cell in notebook.cells[1:]
        if not re.match(r"#\|\s*hide\b", cell.source)
    ]
    texts = [as_quarto(cell.source) for cell in shown if cell.cell_type == "markdown"]
    outputs = [o.data for cell in shown for o in cell.get("outputs", []) if "data" in o]
    written = [data["text/markdown"] for data in outputs if "text/markdown" in data]
    plain = re.sub(r"(?s)\$\$.*?\$\$|(?<!\\)\$[^$]+\$", " ", "\n".join(texts))
    for markup in (
        r"\]\([^)\s]*\)",
        r"\{[#.][^}]*\}",
        r"^::: .*$",
        r"^```.*$",
        r"@[\w-]+",
        r"<!--.*?-->",
        r"</?[a-z][^>]*>",
    ):
        plain = re.sub(rf"(?m){markup}", " ", plain)
    return {
        "words": Counter(re.findall(r"\w+", plain)),
        "formulas": sum(text.count("$$") // 2 for text in [*texts, *written]),
        "badges": sum(text.count("colab-badge.svg") for text in texts),
        "pictures": sum(
            any(kind.startswith("image/") for kind in data) for data in outputs
        )
        + sum(len(re.findall(r"!\[[^]]*\]\((?!http)", text)) for text in texts),
    }


def faults_of_width(found: dict, width: int) -> Iterator[str]:
    "What does not fit where it stands on a page of the site"
    yield from (f"out of its column: {name}" for name in found["outside"])
    yield from (f"a formula fails: {name}" for name in found["errors"])
    yield from (f"scrolls without a sign: {name}" for name in found["unsigned"])
    yield from (
        f"the number of a formula is out of sight: {name}" for name in found["numbers"]
    )
    yield from (
        f"a wrapped line goes on left of its code: {name}"
        for name in found["misplaced"]
    )
    yield from (f"a column of a word a line: {name}" for name in found["squeezed"])
    if found["sideways"] > 0:
        yield f"the page scrolls sideways by {found['sideways']} px"
    if not found["contents"]:
        yield "the page has sections and shows no contents"
    if width >= 1280:
        yield from (f"wider than its column: {name}" for name in found["scrolling"])


def faults_of_reading(found: dict) -> Iterator[str]:
    """What hinders some readers: too little contrast, a picture without a description,
    a font that arrives late"""
    for kind, (ratio, needed) in found["contrast"].items():
        if ratio < needed:
            yield f"a contrast of {ratio:.2f}, below {needed}: {kind}"
    yield from (
        f"a picture without a description: {source}" for source in found["nameless"]
    )
    yield from (
        f"a font arrives after formulas are measured: {family}"
        for family in found["fonts"]
    )


def faults_of_contents(found: dict, expected: dict) -> Iterator[str]:
    "What a notebook has and its page does not show"
    lost = expected["words"] - Counter(re.findall(r"\w+", found["words"]))
    if lost:
        yield f"{lost.total()} words are lost, such as {', '.join(list(lost)[:5])}"
    for kind in ("formulas", "badges", "pictures"):
        if found[kind] != expected[kind]:
            yield f"{found[kind]} {kind} instead of {expected[kind]}"


def test_measure(page: Page) -> None:
    "AssertionError unless each planted fault is found, and none on a sound page"
    line = (
        '<p>one two <img src="colab-badge.svg" alt="x" width="9"></p><mjx-container '
        'display="true">x</mjx-container>'
    )
    sound = (
        f'<main style="width: 300px; margin: 0">{line}<div style="overflow-x: '
        'auto">BOX</div></main>'
    )
    expected = {
        "words": Counter(["one", "two"]),
        "formulas": 1,
        "badges": 1,
        "pictures": 0,
    }

    def faults(content: str) -> list[str]:
        page.set_content(f'<body style="margin: 0">{content}</body>')
        found = page.evaluate(MEASURE)
        return [
            *faults_of_width(found, 1280),
            *faults_of_reading(found),
            *faults_of_contents(found, expected),
        ]

    assert not faults(sound), faults(sound)
    wide = '<div style="width: 400px">wide</div>'
    code = (
        '<pre style="margin: 0; width: 9ch"><code class="sourceCode"><span '
        'style="HANG">    ab cdef</span></code></pre>'
    )
    code = code.replace(
        "HANG",
        "display: inline-block; white-space: pre-wrap; padding-left: 6ch; "
        "text-indent: -6ch",
    )
    assert not faults(sound.replace("<p>", f"{code} <p>")), faults(
        sound.replace("<p>", f"{code} <p>")
    )
    number = (
        '<span class="math display" style="display: block; width: 99px; overflow: '
        'hidden">NUMBER</span>'
    )
    number = number.replace(
        "NUMBER", '<mjx-labels style="margin-left: 200px">(7)</mjx-labels>'
    )
    cell = "<table><tr><td>a b c d e</td></tr></table>"
    for fault, content in {
        "out of its column: div wide": sound.replace("<p>", f"{wide}<p>"),
        "wider than its column: div wide": sound.replace("BOX", wide),
        "scrolls sideways": sound.replace(
            "<p>", wide.replace("400px", "9000px") + "<p>"
        ),
        "scrolls without a sign: div wide": sound.replace("BOX", wide),
        "the number of a formula is out of sight: span (7)": sound.replace(
            "<p>", f"{number}<p>"
        ),
        "a wrapped line goes on left of its code: span ab cdef": sound.replace(
            "<p>", f"{code.replace('6ch', '4ch')}<p>"
        ),
        "a column of a word a line: td a b c d e": sound.replace(
            "<p>", cell.replace("<td", '<td width="1"') + "<p>"
        ),
        "the page has sections and shows no contents": sound.replace(
            "<p>", "<h2>a</h2><h2>b</h2><p>"
        ),
        "a contrast of 4.48, below 4.5: p": sound.replace(
            "<p>", '<p style="color: #777">'
        ),
        "a contrast of 3.98, below 4.5: p": sound.replace(
            "<p>", '<p style="opacity: 0.5">'
        ),
        "a contrast of 1.00, below 4.5: summary code": sound.replace(
            "<p>",
            '<details><summary><code style="color: '
            '#fff">x</code></summary></details><p>',
        ),
        "a picture without a description": sound.replace('alt="x"', ""),
        "a font arrives after formulas are measured: X": sound.replace(
            "<p>", "<style>@font-face { font-family: X; src: url(x) }</style><p>"
        ),
        "a formula fails: mjx-merror bad": sound.replace(
            "<p>", "<p><mjx-merror>bad</mjx-merror>"
        ),
        "1 words are lost, such as two": sound.replace("two", ""),
        "0 formulas instead of 1": sound.replace(" display", " inline"),
        "0 badges instead of 1": sound.replace("colab", "other"),
    }.items():
        assert any(fault in text for text in faults(content)), (fault, faults(content))


def site(folder: Path, browser: Browser, screenshots: Path) -> None:
    """Make the preview of the site and walk it; AssertionError if a page has a fault at
    one of the widths"""
    pages, faults, total = preview.make(folder), [], Counter()
    with new_page(browser, screenshots, "site") as page:
        test_measure(page)
        for name, path in pages.items():
            expected, backgrounds = (
                contents(nbformat.read(root / "nbs" / f"{name}.ipynb", 4)),
                set(),
            )
            page.set_viewport_size({"width": 1280, "height": 1000})
            page.goto(path.resolve().as_uri())
            page.evaluate("() => MathJax.startup.promise")
            for width in (1280, 390):
                page.set_viewport_size({"width": width, "height": 1000})
                for scheme in ("light", "dark"):
                    page.emulate_media(color_scheme=scheme)
                    dark = (
                        "dark => document.body.classList.contains('quarto-dark') "
                        "=== dark"
                    )
                    page.wait_for_function(dark, arg=scheme == "dark")
                    page.evaluate(
                        "() => new Promise(done => requestAnimationFrame(() => "
                        "setTimeout(done)))"
                    )
                    found = page.evaluate(MEASURE)
                    here = [*faults_of_width(found, width), *faults_of_reading(found)]
                    here += faults_of_contents(found, expected)
                    faults += [
                        f"{name}, {width} px, {scheme}: {fault}" for fault in here
                    ]
                    backgrounds.add(found["background"])
                    for anchor in SECTIONS.get(path.stem, []):
                        page.evaluate(
                            "id => id ? document.getElementById(id).scrollIntoView() "
                            ": scrollTo(0, 0)",
                            anchor,
                        )
                        keep(
                            page, screenshots, f"site {name} {anchor} {width} {scheme}"
                        )
            if len(backgrounds) != 2:
                faults.append(f"{name}: light and dark look the same")
            total += Counter(
                {kind: expected[kind] for kind in ("formulas", "badges", "pictures")}
            )
            total["words"] += expected["words"].total()
    print(
        f"{len(pages)} pages with "
        f"{', '.join(f'{count:,} {kind}' for kind, count in total.items())}"
    )
    assert not faults, "\n" + "\n".join(dict.fromkeys(faults))


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("what", choices=["explore", "page", "site"])
    parser.add_argument(
        "path",
        nargs="?",
        type=Path,
        help="the notebooks' folder, the page, or the folder for the site",
    )
    parser.add_argument(
        "--screenshots", type=Path, default=root / "screenshots", help="folder for them"
    )
    arguments = parser.parse_args()
    test, path = {
        "explore": (explore, "nbs"),
        "page": (show_page, "genflow-digits/index.html"),
        "site": (site, "_preview"),
    }[arguments.what]
    with chromium() as browser:
        test(arguments.path or root / path, browser, arguments.screenshots)


if __name__ == "__main__":
    main()
