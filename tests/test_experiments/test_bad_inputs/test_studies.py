"""Each mistake in a study file is one line, before anything starts."""

from pathlib import Path

import pytest

from tests.test_experiments.made import STUDY, study_file

from .refusal import Change, assert_refused
from .studies import DESIGNS, PLAIN, PLAIN_MISTAKES


def written(folder: Path, sound: str, change: Change) -> Path:
    """Write the sound study with the change."""
    assert change.old in sound
    return study_file(folder, sound.replace(change.old, change.new, 1))


@pytest.mark.parametrize("what", PLAIN_MISTAKES)
def test_a_mistake_in_a_study_is_one_line_before_anything_starts(
    what: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    change = PLAIN_MISTAKES[what]
    study = written(tmp_path, PLAIN, change)
    assert_refused(
        capfd, tmp_path, ["experiments", "plan", study, "--store", tmp_path / "store"], change.says
    )


@pytest.mark.parametrize("what", DESIGNS)
def test_a_mistake_in_a_design_or_a_search_is_one_line_before_anything_starts(
    what: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    change = DESIGNS[what]
    study = written(tmp_path, STUDY, change)
    assert_refused(
        capfd, tmp_path, ["experiments", "plan", study, "--store", tmp_path / "store"], change.says
    )
