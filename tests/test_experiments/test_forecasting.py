import json
import subprocess
from pathlib import Path

import pytest

from experiments import forecasting
from experiments.spec import StudySpec
from experiments.study_file import read_study


@pytest.fixture(scope="module")
def smoke() -> StudySpec:
    return read_study("smoke", changes=["seeds=2"])


def test_a_design_that_can_tell_nothing_says_what_would(smoke: StudySpec) -> None:
    assert forecasting.attainable(smoke) == (
        "warning: smallest attainable p in one setting: 0.5 with 2 seeds: BETTER or WORSE is impossible at alpha "
        "0.05; 6 seeds make it possible"
    )
    assert forecasting.attainable(read_study("quick", changes=[])).endswith("a verdict is possible)")


def test_the_forecast_is_the_analysiss_own(smoke: StudySpec, tmp_path: Path) -> None:
    said = forecasting.forecast(smoke, tmp_path).splitlines()
    assert said[0] == "Arms against none: 5 arms on 2 settings, level 0.05, margin 5 points"
    assert said[1].startswith("warning: Arms against none: 2 seeds can never give BETTER or WORSE")
    assert said[3].split()[:4] == ["*", "2", "0.5", "nothing"]
    assert said[4].split()[:2] == ["6", "0.0312"]
    assert said[-1].startswith("* this design.")


def test_an_analysis_that_fails_is_one_line(
    smoke: StudySpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(command: list[str], **given: object) -> subprocess.CompletedProcess[str]:
        assert json.loads(str(given["input"]))[0]["seeds"] == 2
        return subprocess.CompletedProcess(command, 2, "", "error: no\n")

    monkeypatch.setattr(subprocess, "run", refused)
    with pytest.raises(RuntimeError, match="the analysis could not say what the design can tell: error: no"):
        forecasting.forecast(smoke, tmp_path)
