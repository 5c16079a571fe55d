"""What is written for people, against the code and the files of the repository."""

import re
from pathlib import Path

import pytest

from experiments.config import run_spec, study_spec
from tests.sources import PACKAGES, ROOT
from tests.test_floors import EXPERIMENTS

DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / ".github").rglob("*.md")])
ARCHITECTURE = ROOT / "docs" / "architecture.md"
CONTRIBUTING = ROOT / "CONTRIBUTING.md"
PARTS = [
    study_spec.StudySpec,
    study_spec.SettingSpec,
    run_spec.DatasetSpec,
    run_spec.BackboneSpec,
    run_spec.DecoderSpec,
    run_spec.RecipeSpec,
    study_spec.StudyArm,
    study_spec.GridDesign,
    study_spec.OneFactorDesign,
    study_spec.LeaveOneOutDesign,
    study_spec.SearchSpec,
    study_spec.LearningRates,
    study_spec.Limits,
]


def text_of(document: Path) -> str:
    return document.read_text(encoding="utf-8")


def broken_links(document: Path) -> list[str]:
    """Links of a Markdown file to files that are not there, or to headings that they do not have."""
    links = re.findall(r"\]\((?!https?:)([^)#]*)(?:#([^)]+))?\)", text_of(document))
    return [f"{file}#{heading}" for file, heading in links if not _leads_somewhere(document, file, heading)]


def _leads_somewhere(document: Path, file: str, heading: str) -> bool:
    target = document.parent / file if file else document
    return target.exists() and (not heading or heading in _anchors(target))


def _anchors(document: Path) -> set[str]:
    """The headings of a Markdown file as links spell them: lower case, hyphens, no punctuation."""
    headings = re.findall(r"^#+ (.+)$", text_of(document), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}


def named_paths(text: str) -> set[str]:
    """Paths in back quotes: with a slash or the ending of a source file, without placeholders."""
    return {
        word
        for word in re.findall(r"`([\w./-]+)`", text)
        if "/" in word or word.endswith((".py", ".sh", ".md", ".lock"))
    }


def is_there(path: str) -> bool:
    """Whether a path of the root exists; a bare name, as a table of one folder gives it, may be in any package."""
    bare = "/" not in path.rstrip("/")
    return (ROOT / path).exists() or (
        bare and any(any((ROOT / one).rglob(path.rstrip("/"))) for one in PACKAGES)
    )


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.__name__)
def test_every_key_of_a_study_file_is_explained(part: type[run_spec.SpecModel]) -> None:
    named = set(re.findall(r"`(\w+)", text_of(ROOT / "docs" / "studies.md")))
    assert set(part.model_fields) - {"kind"} <= named


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_link_leads_to_a_file_and_a_heading_that_exist(document: Path) -> None:
    assert broken_links(document) == []


def test_a_link_to_a_missing_file_or_heading_is_found(tmp_path: Path) -> None:
    document = tmp_path / "page.md"
    document.write_text(
        "# On cards\n[a](#on-cards) [b](#on-card) [c](page.md) [d](other.md) [e](https://x.y/z.md)"
    )
    assert broken_links(document) == ["#on-card", "other.md#"]


@pytest.mark.parametrize("document", [ARCHITECTURE, CONTRIBUTING], ids=lambda path: path.name)
def test_every_path_that_is_named_exists(document: Path) -> None:
    paths = named_paths(text_of(document))
    assert len(paths) > 10
    assert sorted(path for path in paths if not is_there(path)) == []


def test_a_path_is_told_from_a_placeholder_and_a_word() -> None:
    text = "`run/slot.py` `tests/<file>.py` `main.py` `runs/` `recipe.epochs` `FILE` `a b/c`"
    assert named_paths(text) == {"run/slot.py", "main.py", "runs/"}
    known = ("README.md", "main.py", "layers/", "run/slot.py", "rooms/")
    assert [is_there(path) for path in known] == [True, True, True, False, False]


def test_every_wing_of_experiments_is_described_on_its_floor() -> None:
    rows = re.findall(r"^\| `experiments/(\w+)/` \| (\d) \|", text_of(ARCHITECTURE), re.MULTILINE)
    folders = {file.parent.name for file in (ROOT / "experiments").glob("*/__init__.py")}
    floors = {wing: floor for wing, floor in EXPERIMENTS.items() if wing in folders}
    assert {wing: int(floor) for wing, floor in rows} == floors
    assert set(floors) == folders


def test_every_wing_stands_on_its_floor_in_the_picture() -> None:
    picture = text_of(ARCHITECTURE).split("```")[1]
    drawn = {
        wing: int(floor)
        for floor, line in re.findall(r"^floor (\d) +(.{1,30})", picture, re.MULTILINE)
        for wing in set(re.findall(r"\w+", line)) & set(EXPERIMENTS)
    }
    assert drawn == {wing: floor for wing, floor in EXPERIMENTS.items() if wing != "__main__"}


def test_the_architecture_answers_where_to_change_thirty_things() -> None:
    section = text_of(ARCHITECTURE).split("## Which file to open for which change")[1].split("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| ") and "`" in line]
    assert len(rows) >= 30
