"""The house in numbers: how many files a folder has, how long files and functions are, how wings depend on each other.

`pytest -s tests/test_structure.py` prints the numbers that these tests hold.
"""

import ast
import re
import statistics
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sources import OURS, PACKAGES, ROOT, modules, tree
from tests.test_floors import EXPERIMENTS, WINGS, edges, wing

FILES_IN_A_FOLDER = 16
LINES_OF_A_FILE, MEDIAN_LINES = 300, 125
LINES_OF_A_FUNCTION, MEDIAN_FUNCTION = 45, 8
FLOORS, ARROWS = 9, 40
UNTYPED_PER_1000_LINES = 4.0
MIRRORED = 0.9


def lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def functions(package: str) -> Iterator[tuple[str, int]]:
    """Name and length of every function, from its definition to its last line."""
    for name, path in modules(package).items():
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno is not None:
                yield f"{name}.{node.name}", node.end_lineno - node.lineno + 1


@pytest.mark.parametrize("package", PACKAGES)
def test_no_folder_has_more_files_than_can_be_taken_in_at_a_glance(package: str) -> None:
    folders = {path.parent for path in modules(package).values()}
    counts = {
        folder.relative_to(ROOT).as_posix(): sum(path.name != "__init__.py" for path in folder.glob("*.py"))
        for folder in folders
    }
    print(package, "files in a folder:", dict(sorted(counts.items(), key=lambda pair: -pair[1])[:4]))
    assert {name: count for name, count in counts.items() if count > FILES_IN_A_FOLDER} == {}


@pytest.mark.parametrize("package", PACKAGES)
def test_files_are_short(package: str) -> None:
    counts = {name: count for name, path in modules(package).items() if (count := lines(path)) > 5}
    print(package, "lines of a file: median", statistics.median(counts.values()), "max", max(counts.values()))
    assert {name: count for name, count in counts.items() if count > LINES_OF_A_FILE} == {}
    assert statistics.median(counts.values()) <= MEDIAN_LINES


@pytest.mark.parametrize("package", PACKAGES)
def test_functions_are_short(package: str) -> None:
    counts = dict(functions(package))
    print(
        package,
        "lines of a function: median",
        statistics.median(counts.values()),
        "max",
        max(counts.values()),
    )
    assert {name: count for name, count in counts.items() if count > LINES_OF_A_FUNCTION} == {}
    assert statistics.median(counts.values()) < MEDIAN_FUNCTION


def test_the_wings_of_experiments_have_few_floors_and_few_arrows() -> None:
    arrows = {(wing(name), wing(target)) for name, target in edges("experiments")}
    up = [(one, other) for one, other in arrows if EXPERIMENTS[other] >= EXPERIMENTS[one]]
    floors = set(EXPERIMENTS.values())
    print(f"experiments: {len(EXPERIMENTS)} wings, {len(floors)} floors, {len(arrows)} arrows, {len(up)} up")
    assert len(floors) <= FLOORS
    assert len(arrows) <= ARROWS
    assert up == []


def test_few_dictionaries_of_experiments_have_no_types() -> None:
    texts = [path.read_text(encoding="utf-8") for path in modules("experiments").values()]
    untyped = sum(len(re.findall(r"dict\[str, Any\]", text)) for text in texts)
    share = 1000 * untyped / sum(len(text.splitlines()) for text in texts)
    print(f"experiments: {untyped} dict[str, Any], {share:.1f} in 1,000 lines")
    assert share <= UNTYPED_PER_1000_LINES


def mirror(path: Path) -> Path:
    """experiments/store/rows.py -> tests/test_experiments/test_store/test_rows.py"""
    folders = [f"test_{part}" for part in path.relative_to(ROOT).parts[:-1]]
    return ROOT.joinpath("tests", *folders, f"test_{path.name}")


@pytest.mark.parametrize(
    "folder", sorted({path.parent.relative_to(ROOT).as_posix() for path in OURS.values()})
)
def test_almost_every_file_has_a_test_file_of_its_name(folder: str) -> None:
    sources = [path for path in (ROOT / folder).glob("*.py") if not path.name.startswith("__")]
    missing = [path.name for path in sources if not mirror(path).exists()]
    assert len(missing) <= (1 - MIRRORED) * len(sources), missing


def test_the_formatter_has_the_last_word() -> None:
    skipped = [
        name
        for name, path in OURS.items()
        for line in path.read_text(encoding="utf-8").splitlines()
        if re.search(r"#\s*fmt:\s*(skip|off)", line)
    ]
    assert len(skipped) <= 5, skipped


def test_every_wing_has_a_folder_or_a_file() -> None:
    for package, floors in WINGS.items():
        missing = [
            name
            for name in floors
            if not (ROOT / package / name).is_dir() and not (ROOT / package / f"{name}.py").is_file()
        ]
        assert missing == []
