"""Each mistake in a variable of the environment is one line that names the variable."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.test_experiments.made import study_file

from .refusal import assert_refused
from .studies import PLAIN

PLAN, RUN = ["plan", "STUDY", "--store", "STORE"], ["run", "STUDY", "--store", "STORE"]
MISTAKES: dict[str, tuple[Sequence[str], str, str]] = {
    "a cache limit in words": (PLAN, "ABLATION_CACHE_LIMIT", "lots"),
    "a cache limit with a unit": (PLAN, "ABLATION_CACHE_LIMIT", "20GB"),
    "a negative cache limit": (PLAN, "ABLATION_CACHE_LIMIT", "-1"),
    "a cache limit that is no number": (PLAN, "ABLATION_CACHE_LIMIT", "nan"),
    "a cache that is a file": (PLAN, "ABLATION_CACHE", "STUDY"),
    "a cache below a file": (PLAN, "ABLATION_CACHE", "STUDY/cache"),
    "a store that is a file": (["run", "STUDY"], "ABLATION_STORE", "STUDY"),
    "a store that is not there": (["status"], "ABLATION_STORE", "nowhere"),
    "a W&B mode that is none": (RUN, "WANDB_MODE", "offlin"),
    "a W&B mode in capitals that is none": (RUN, "WANDB_MODE", "OFF"),
    "a W&B mode with a blank": (RUN, "WANDB_MODE", "on line"),
}


@pytest.mark.parametrize("what", MISTAKES)
def test_a_variable_of_the_environment_that_cannot_be_is_one_line_that_names_it(
    what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    words, name, value = MISTAKES[what]
    study = str(study_file(tmp_path, PLAIN))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(name, value.replace("STUDY", study))
    filled = [{"STUDY": study, "STORE": str(tmp_path / "store")}.get(word, word) for word in words]
    named = study if "STUDY" in value else "nowhere" if value == "nowhere" else name
    assert_refused(capfd, tmp_path, ["experiments", *filled], [named])
