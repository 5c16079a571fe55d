from pathlib import Path

import pytest

from analysis import frames
from analysis.comparing import Comparison, compare
from analysis.figures import Drawing, draw
from analysis.report import html
from tests.test_analysis.made_store import make


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with one finished study, `made`; tests read it and change nothing."""
    path = tmp_path_factory.mktemp("store")
    make(path).close()
    return path


@pytest.fixture(scope="session")
def recorded(made: Path) -> frames.Recorded:
    return frames.read(made, "made")


@pytest.fixture(scope="session")
def drawings(compared: Comparison) -> list[Drawing]:
    """The made study's figures: they take seconds."""
    return draw(compared)


@pytest.fixture(scope="session")
def files(compared: Comparison, drawings: list[Drawing]) -> dict[str, bytes]:
    return html.build(compared, drawings)


@pytest.fixture(scope="session")
def compared(recorded: frames.Recorded) -> Comparison:
    return compare(recorded)
