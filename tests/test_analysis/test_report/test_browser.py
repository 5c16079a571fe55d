"""The report in a real browser: what it logs, loads, sorts, filters and prints."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.test_analysis.browser import ABSENT, PROGRAM, Tab, tab

pytestmark = [pytest.mark.slow, pytest.mark.skipif(PROGRAM is None, reason=ABSENT)]

SIZES = [(width, dark) for width in (380, 1400) for dark in (False, True)]
ROWS = """(() => {
  const table = document.querySelector("table.sortable"), head = [...table.tHead.rows[0].cells];
  const at = head.findIndex(cell => cell.textContent === NAME);
  CLICK && head[at].querySelector("button").click();
  return [...table.tBodies[0].rows].filter(row => row.offsetParent).map(row => row.cells[at].textContent);
})()"""
FILTER = """(() => {
  const box = document.querySelector("input.filter");
  box.value = "SCSE better"; box.dispatchEvent(new Event("input"));
})()"""
WIDER = """[...document.querySelectorAll("body *")].filter(e => !e.closest(".scroll, nav, svg") &&
  e.getBoundingClientRect().right > innerWidth + 1).map(e => e.className || e.tagName)"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    with tab(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@pytest.fixture(scope="module")
def page(files: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_bytes(files["report.html"])
    return path


def column(browser: Tab, name: str, *, click: bool = False) -> list[str]:
    result: list[str] = browser.ask(
        ROWS.replace("NAME", repr(name)).replace("CLICK", "true" if click else "false")
    )
    return result


@pytest.mark.parametrize(("width", "dark"), SIZES)
def test_nothing_is_logged_nothing_is_asked_for_and_nothing_sticks_out(
    browser: Tab, page: Path, width: int, dark: bool
) -> None:
    browser.open(page, width=width, dark=dark)
    assert browser.messages == []
    assert browser.requests == [page.as_uri()]
    assert browser.ask("document.documentElement.scrollWidth") == width
    assert browser.ask(WIDER) == []


def test_the_driver_sees_errors_and_requests(browser: Tab, tmp_path: Path) -> None:
    bad = tmp_path / "bad.html"
    bad.write_text("<img src='https://example.org/x.png'><script>missing()</script>")
    browser.open(bad)
    assert any("missing is not defined" in message for message in browser.messages)
    assert "https://example.org/x.png" in browser.requests


@pytest.mark.parametrize("width", [380, 1400])
def test_sorting_and_filtering_work(browser: Tab, page: Path, width: int) -> None:
    browser.open(page, width=width)
    up = [text for text in column(browser, "difference", click=True) if text]
    assert up == sorted(up, key=lambda text: float(text.replace("−", "-")))
    down = [text for text in column(browser, "difference", click=True) if text]
    assert down == up[::-1]
    browser.ask(FILTER)
    assert column(browser, "arm") == ["scse", "scse"]


def test_everything_is_there_with_scripts_switched_off(browser: Tab, page: Path) -> None:
    browser.open(page, script=False)
    browser.call("Emulation.setScriptExecutionDisabled", value=False)  # to ask; the page's own has not run
    assert browser.ask("document.querySelectorAll('input.filter').length") == 0
    assert browser.ask("document.querySelectorAll('table.sortable tbody tr').length") > 200
    assert browser.ask("document.querySelector('#gallery img').naturalWidth") > 100


def test_text_is_readable_in_dark_and_light(browser: Tab, page: Path) -> None:
    def contrast(dark: bool) -> float:
        browser.open(page, dark=dark)
        colors = [
            browser.ask(f"getComputedStyle(document.querySelector('{where}')).{what}")
            for where, what in (("#table td.name", "color"), ("#table", "backgroundColor"))
        ]
        light, other = sorted((luminance(c) for c in colors), reverse=True)
        return (light + 0.05) / (other + 0.05)

    assert contrast(dark=False) > 7
    assert contrast(dark=True) > 7


def luminance(color: str) -> float:
    """WCAG relative luminance of `rgb(r, g, b)`."""
    parts = [int(p) / 255 for p in color[color.index("(") + 1 : -1].split(",")[:3]]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_the_printed_page_leaves_out_what_only_a_screen_can_use(browser: Tab, page: Path) -> None:
    browser.open(page)
    browser.call("Emulation.setEmulatedMedia", media="print")
    hidden = "getComputedStyle(document.querySelector('{}')).display"
    assert browser.ask(hidden.format("nav")) == "none"
    assert browser.ask(hidden.format("input.filter")) == "none"
    closed = (
        "document.querySelector('#methods ~ section details, details').querySelector('table').offsetHeight"
    )
    assert browser.ask(closed) > 0  # folded tables are printed
    assert browser.printed().startswith(b"%PDF")
    browser.call("Emulation.setEmulatedMedia", media="")
