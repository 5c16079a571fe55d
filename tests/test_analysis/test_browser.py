"""The report in a real browser, where one is installed (Debian: chromium)."""

import shutil
import subprocess
from pathlib import Path

import pytest

BROWSER = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))),
    None,
)

ACTIONS = """
const say = {};
const table = document.querySelector("table.sortable"), head = table.tHead.rows[0].cells;
const column = name => [...head].findIndex(cell => cell.textContent === name);
const values = name => [...table.tBodies[0].rows].filter(r => !r.hidden).map(r => r.cells[column(name)].textContent);
head[column("difference")].querySelector("button").click();
say.up = values("difference");
head[column("difference")].querySelector("button").click();
say.down = values("difference");
const box = table.parentElement.previousElementSibling;
box.value = "SCSE better"; box.dispatchEvent(new Event("input"));
say.left = values("arm");
say.wide = document.documentElement.scrollWidth <= innerWidth;
document.body.textContent = JSON.stringify(say);
"""


def visit(page: Path, folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Load the page in a new profile without any network; `stderr` has its console."""
    assert BROWSER is not None
    return subprocess.run(
        [
            BROWSER,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            f"--user-data-dir={folder / 'profile'}",
            "--enable-logging=stderr",
            "--host-resolver-rules=MAP * ~NOTFOUND",
            "--virtual-time-budget=4000",
            *options,
            page.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=240,
        check=True,
    )


@pytest.mark.slow
def test_the_page_has_no_console_message_and_blocks_nothing_of_its_own(
    files: dict[str, bytes], tmp_path: Path
) -> None:
    page = tmp_path / "report.html"
    page.write_bytes(files["report.html"])
    if BROWSER is not None:
        said = visit(page, tmp_path, "--dump-dom")
        assert "CONSOLE" not in said.stderr
        assert 'class="filter"' in said.stdout  # the page's own script ran under its own policy


@pytest.mark.slow
@pytest.mark.parametrize("width", [500, 1400])
def test_sorting_and_filtering_work_and_the_page_never_scrolls_sideways(
    files: dict[str, bytes], tmp_path: Path, width: int
) -> None:
    text = files["report.html"].decode()
    policy = text[text.index("<meta http-equiv") : text.index('<meta name="viewport"')]
    page = tmp_path / "acted.html"
    page.write_text(text.replace(policy, "").replace("</body>", f"<script>{ACTIONS}</script></body>"))
    if BROWSER is not None:
        said = visit(page, tmp_path, "--dump-dom", f"--window-size={width},1000").stdout
        assert '"left":["scse","scse"]' in said
        assert '"wide":true' in said
        up = said[said.index('"up":[') : said.index('"down":')]
        assert up.index("−3.9") < up.index("+0.1") < up.index("+2.3")
        down = said[said.index('"down":[') : said.index('"left":')]
        assert down.index("+2.3") < down.index("+0.1") < down.index("−3.9")
