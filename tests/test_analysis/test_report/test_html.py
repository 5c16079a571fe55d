"""The report's page and files."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from analysis import frames
from analysis.comparing import compare
from analysis.figures import draw
from analysis.report import html
from tests.test_analysis.synthetic_store import QUICK, Arm, make_study

VOID = {"meta", "link", "input", "br", "hr", "img"}


class Page(HTMLParser):
    """What a browser would see: tags that load something, ids, nesting."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.loads: list[str] = []
        self.ids: list[str] = []
        self.scripts = 0
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        self.scripts += tag == "script"
        self.ids += [attributes["id"] or ""] if "id" in attributes else []
        self.loads += [
            v
            for k, v in attrs
            if v and k in ("src", "href", "xlink:href", "action") and not v.startswith("#")
        ]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()


@pytest.fixture(scope="module")
def page(files: dict[str, bytes]) -> str:
    return files["report.html"].decode()


def test_the_report_has_all_its_files(files: dict[str, bytes]) -> None:
    assert {"report.html", "results.json", "tables/verdicts-main.csv", "tables/verdicts-main.md"} <= set(
        files
    )
    assert {
        "tables/verdicts-main.tex",
        "tables/runs.csv",
        "figures/forest-main.svg",
        "figures/forest-main.pdf",
    } <= set(files)


def test_every_figure_that_is_written_is_shown_on_the_page(page: str, files: dict[str, bytes]) -> None:
    written = {Path(name).stem.removesuffix("-column") for name in files if name.startswith("figures/")}
    assert {"forest-main", "cost", "seeds"} <= written
    assert {f"fig-{name}" for name in written} <= set(Page(page).ids)


def test_the_page_loads_nothing_from_anywhere(page: str) -> None:
    assert [load for load in Page(page).loads if not load.startswith("data:")] == []
    assert "url(http" not in page
    assert "@import" not in page
    assert "default-src 'none'" in page


def test_the_page_is_well_nested_with_unique_ids(page: str) -> None:
    parsed = Page(page)
    assert parsed.open == []
    assert len(parsed.ids) == len(set(parsed.ids))


def test_verdicts_come_before_warnings_and_warnings_before_tables(page: str) -> None:
    positions = [
        page.index(f'id="{name}"')
        for name in ("verdicts", "cautions", "table", "controls", "methods", "provenance")
    ]
    assert positions == sorted(positions)


def test_the_first_paragraph_states_the_positive_control_and_the_missing_controls(page: str) -> None:
    summary = page[page.index('class="summary"') : page.index("</header>")]
    assert "The positive control narrow got its expected verdict everywhere." in summary
    assert "Controls not run: A/A, shuffled gate, frozen gate" in summary


def test_everything_is_readable_without_javascript(page: str) -> None:
    still = re.sub(r"<script>.*?</script>", "", page, flags=re.DOTALL)
    assert "Better than none by 2." in still
    assert "hidden" not in still
    assert "display:none" not in re.sub(r"<style.*?</style>", "", still, flags=re.DOTALL)


def test_the_page_stays_small(page: str) -> None:
    assert len(page.encode()) < 1_000_000


def test_results_are_json_without_nan_and_say_their_schema(files: dict[str, bytes]) -> None:
    results = json.loads(files["results.json"])
    assert results["schema"] == 1
    verdict = results["families"][0]["verdicts"][0]
    assert (verdict["arm"], verdict["setting"], verdict["verdict"]) == ("narrow", "classification", "WORSE")
    assert b"NaN" not in files["results.json"]


def build_report(path: Path) -> dict[str, bytes]:
    comparison = compare(frames.read(path, "made"))
    return html.build(comparison, draw(comparison))


def test_names_from_a_store_are_inert(tmp_path: Path) -> None:
    bad = "<script>alert(1)</script>"
    arms = {
        "none": QUICK["none"],
        bad: Arm(2.0, module="cse"),
        "$x_1$ & \\b": Arm(0.0, "control", "constant"),
    }
    one = {"classification": ("accuracy", 80.0)}
    make_study(tmp_path, arms=arms, settings=one, title="<img src=x onerror=alert(1)>", trials=0).close()
    files = build_report(tmp_path)
    page = files["report.html"].decode()
    assert Page(page).scripts == 1
    assert "<img src=x" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert all(re.fullmatch(r"[\w/.-]+", name) for name in files)


def test_files_of_an_earlier_report_are_removed(tmp_path: Path, files: dict[str, bytes]) -> None:
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "old.svg").write_text("old")
    page = html.write(files, tmp_path)
    assert page == tmp_path / "report.html"
    assert not (tmp_path / "figures" / "old.svg").exists()
    assert {str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*") if p.is_file()} == set(files)


def test_the_gallery_explains_its_pictures(page: str) -> None:
    assert "Gates are averages over channels, all of a setting on one scale." in page
    assert "Masks: orange is wrong, blue is missed." in page
