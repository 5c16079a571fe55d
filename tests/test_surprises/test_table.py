"""The table of docs/surprises.md against the tests that hold it and against the versions of requirements.lock."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.sources import ROOT, tree

HERE = Path(__file__).parent
DOCUMENT = ROOT / "docs" / "surprises.md"
COLUMNS = 5


class Behavior(NamedTuple):
    """A row of the document. `file` is the test file that its section names; `held_by` names tests, or is empty."""

    file: str | None
    cells: tuple[str, ...]
    held_by: tuple[tuple[str, str], ...]


def sections(text: str) -> Iterator[tuple[str, str]]:
    """The second-level headings of the document, each with the text below it."""
    for part in text.split("\n## ")[1:]:
        heading, _, body = part.partition("\n")
        yield heading, body


def behaviors(text: str) -> Iterator[Behavior]:
    for _, body in sections(text):
        named = re.search(r"Tests: `(tests/test_surprises/\w+\.py)`", body)
        file = named[1] if named else None
        for line in body.splitlines():
            cells = tuple(cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1])
            if cells and not cells[0].startswith(("---", "what happens")):
                tests = re.findall(r"`(?:(tests/[\w/]+\.py)::)?(test_\w+)`", cells[-1])
                yield Behavior(file, cells, tuple((path or file or "", test) for path, test in tests))


def names_of_tests(path: Path) -> set[str]:
    nodes = ast.walk(tree(path))
    return {
        node.name for node in nodes if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


def unheld(text: str) -> list[str]:
    """Tests that the document names and that do not exist."""
    return [
        f"{path}::{test}"
        for row in behaviors(text)
        for path, test in row.held_by
        if not (ROOT / path).is_file() or test not in names_of_tests(ROOT / path)
    ]


def test_every_test_that_a_row_names_exists() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert len([row for row in behaviors(text) if row.held_by]) > 25
    assert unheld(text) == []


def test_a_row_that_names_a_missing_test_is_found() -> None:
    table = "\n## timm 1\nTests: `tests/test_surprises/test_timm.py`\n\n| a | b | c | d | `test_nothing` |\n"
    assert unheld(table) == ["tests/test_surprises/test_timm.py::test_nothing"]
    assert unheld(table.replace("`test_nothing`", "`tests/nowhere.py::test_it`")) == [
        "tests/nowhere.py::test_it"
    ]


def test_every_row_has_all_cells_and_says_why_where_no_test_holds_it() -> None:
    rows = list(behaviors(DOCUMENT.read_text(encoding="utf-8")))
    assert [row.cells for row in rows if len(row.cells) != COLUMNS or "" in row.cells] == []
    assert [
        row.cells for row in rows if row.file and not row.held_by and "not held" not in row.cells[-1]
    ] == []


def test_every_test_of_a_library_is_named_by_a_row() -> None:
    named = {held for row in behaviors(DOCUMENT.read_text(encoding="utf-8")) for held in row.held_by}
    own = {
        (path.relative_to(ROOT).as_posix(), test)
        for path in HERE.glob("test_*.py")
        if path != Path(__file__)
        for test in names_of_tests(path)
    }
    assert own - named == set()


def test_the_versions_are_those_of_the_lock() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    locked = {tuple(pair) for pair in re.findall(r"^([\w.-]+)==([\w.]+)", lock, re.MULTILINE)}
    named = [
        pair
        for heading, body in sections(DOCUMENT.read_text(encoding="utf-8"))
        if "Tests: `" in body
        for pair in re.findall(r"([\w-]+) (\d[\w.]*)", heading)
    ]
    assert len(named) == 11
    assert [pair for pair in named if pair not in locked] == []
