"""A synthetic study, compared and drawn once per session."""

from pathlib import Path

import pytest

from analysis import frames
from analysis.comparing import Comparison, compare
from analysis.figures import Drawing, draw
from analysis.report import html
from tests.test_analysis.synthetic_store import make_study


@pytest.fixture(scope="session")
def study_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with one finished study, `made`; tests only read it."""
    path = tmp_path_factory.mktemp("store")
    make_study(path).close()
    return path


@pytest.fixture(scope="session")
def record(study_store: Path) -> frames.StudyRecord:
    return frames.read(study_store, "made")


@pytest.fixture(scope="session")
def drawings(comparison: Comparison) -> list[Drawing]:
    """The rendered figures of the study."""
    return draw(comparison)


@pytest.fixture(scope="session")
def files(comparison: Comparison, drawings: list[Drawing]) -> dict[str, bytes]:
    return html.build(comparison, drawings)


@pytest.fixture(scope="session")
def comparison(record: frames.StudyRecord) -> Comparison:
    return compare(record)
