"""Names from a store are data: in the page and its files they show, and never act."""

import csv
import io
import re
from pathlib import Path

import pytest

from analysis import frames
from analysis.comparing import compare
from analysis.report import html
from tests.test_analysis.synthetic_store import QUICK, Arm, make_study
from tests.test_analysis.test_report.test_html import Page

SCRIPT, FORMULA, TEX = "<script>alert(1)</script>", "=cmd|' /C calc'!A0", "_%&$#{}\\input{x}"


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("hostile")
    names = {
        "none": QUICK["none"],
        SCRIPT: Arm(2.0, module="cse"),
        FORMULA: Arm(0.0, module="sse"),
        TEX: Arm(0.0, "control", "constant_gate"),
    }
    setting = {"classification": ("accuracy", 80.0)}
    make_study(folder, arms=names, settings=setting, trials=0, title=f"{SCRIPT}{TEX}").close()
    return html.build(compare(frames.read(folder, "made")), [])


def test_in_the_page_they_are_text(files: dict[str, bytes]) -> None:
    page = files["report.html"].decode()
    assert Page(page).scripts == 1
    assert SCRIPT not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_in_every_csv_they_are_text(files: dict[str, bytes]) -> None:
    tables = [content.decode() for name, content in files.items() if name.endswith(".csv")]
    cells = [cell for text in tables for row in csv.reader(io.StringIO(text)) for cell in row]
    assert f"'{FORMULA}" in cells
    assert not [cell for cell in cells if cell.startswith(("=", "@")) or re.match(r"[+-][^\d.]", cell)]


def test_in_every_markdown_table_they_are_text(files: dict[str, bytes]) -> None:
    tables = [content.decode() for name, content in files.items() if name.endswith(".md")]
    assert any("&lt;script&gt;" in text for text in tables)
    assert not any("<" in text for text in tables)


def test_in_every_latex_table_they_are_text(files: dict[str, bytes]) -> None:
    tables = [content.decode() for name, content in files.items() if name.endswith(".tex")]
    assert any(r"\textbackslash{}input\{x\}" in text for text in tables)
    assert not any(r"\input" in text for text in tables)


def test_no_file_leaves_its_folder(files: dict[str, bytes], tmp_path: Path) -> None:
    html.write(files, tmp_path / "report")
    assert {path.name for path in tmp_path.iterdir()} == {"report"}
