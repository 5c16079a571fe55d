"""Pictures of a report for the documentation: `python -m tests.test_analysis.screenshots report.html docs/images`.

Writes report_WIDTH_SCHEME.png for 380 and 1400 pixels, light and dark: the page's first part, in few colors; and
report_controls.png and report_gallery.png, two sections on a wide light screen.
"""

from __future__ import annotations

import argparse
import tempfile
from io import BytesIO
from pathlib import Path

from PIL import Image

from .browser import Tab, tab

HEIGHTS = {1400: 2100, 380: 1900}
SECTIONS = ("controls", "gallery")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("page", type=Path)
    parser.add_argument("folder", type=Path)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile, tab(Path(profile)) as browser:
        for width in HEIGHTS:
            for dark in (False, True):
                path = options.folder / f"report_{width}_{'dark' if dark else 'light'}.png"
                path.write_bytes(shot(browser, options.page, width=width, dark=dark))
                print(path)
        for section in SECTIONS:
            path = options.folder / f"report_{section}.png"
            path.write_bytes(part(browser, options.page, section))
            print(path)
    return 0


def shot(browser: Tab, page: Path, *, width: int, dark: bool) -> bytes:
    """The top of the page as a PNG of a palette."""
    browser.open(page, width=width, dark=dark)
    return few_colors(browser.picture(height=HEIGHTS[width]))


def part(browser: Tab, page: Path, section: str) -> bytes:
    """One section of the page, by its id."""
    browser.open(page, width=1400)
    edges = f"document.getElementById('{section}').getBoundingClientRect()"
    top, height = (int(browser.ask(f"{edges}.{name}")) for name in ("top", "height"))
    return few_colors(browser.picture(top=max(0, top - 10), height=min(height, HEIGHTS[1400]) + 20))


def few_colors(picture: bytes) -> bytes:
    """A PNG with a palette."""
    whole = Image.open(BytesIO(picture)).convert("RGB")
    few = whole.quantize(256, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    out = BytesIO()
    few.save(out, "png", optimize=True)
    return out.getvalue()


if __name__ == "__main__":
    raise SystemExit(main())
