"""The smallest attainable p, and the power forecast made by the analysis in its own process."""

import os
import subprocess
from pathlib import Path

import pytest

from experiments.config.study_file import read_study
from experiments.config.study_spec import ModuleFile, OneFactorDesign, StudyArm, StudySpec
from experiments.planning import power
from tests.faults.suite import children, read


@pytest.fixture(scope="module")
def smoke() -> StudySpec:
    return read_study("smoke", changes=["seeds=2"])


def test_a_design_without_a_possible_verdict_names_the_seeds_that_give_one(smoke: StudySpec) -> None:
    assert power.describe_attainable_p(smoke) == (
        "warning: smallest attainable p in one setting: 0.5 with 2 seeds: BETTER or WORSE is impossible at alpha "
        "0.05; 6 seeds make it possible"
    )
    assert power.describe_attainable_p(read_study("quick", changes=[])).endswith("a verdict is possible)")


def test_the_forecast_is_made_by_the_analysis(smoke: StudySpec, tmp_path: Path) -> None:
    with power.start_forecast(smoke, tmp_path) as answer:
        lines = answer().splitlines()
    assert lines[0] == "Arms against none: 5 arms on 2 settings, level 0.05, margin 5 points"
    assert lines[1].startswith("warning: Arms against none: 2 seeds can never give BETTER or WORSE")
    assert lines[3].split()[:4] == ["*", "2", "0.5", "nothing"]
    assert lines[4].split()[:2] == ["6", "0.0312"]
    assert lines[-1].startswith("* this design.")


def test_a_failed_analysis_is_one_line(
    smoke: StudySpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = "import json, sys; assert json.load(sys.stdin)[0]['seeds'] == 2; sys.exit('error: no')"
    start = subprocess.Popen
    monkeypatch.setattr(
        subprocess, "Popen", lambda command, **given: start([command[0], "-c", program], **given)
    )
    with (
        power.start_forecast(smoke, tmp_path) as answer,
        pytest.raises(
            RuntimeError, match="the analysis could not forecast the power of the design: error: no"
        ),
    ):
        answer()


def test_designs_of_own_modules_are_forecast(smoke: StudySpec, tmp_path: Path) -> None:
    source = (
        "from typing import Annotated\nfrom torch import nn\nfrom attention.options import Choice\n"
        "class Mine(nn.Module):\n    identity = 'exact'\n"
        "    def __init__(self, channels: int, *, power: Annotated[int, Choice(1, 2)] = 1):\n"
        "        super().__init__()\n"
        "    def forward(self, x_BCHW):\n        return x_BCHW\n"
        "    def macs(self, height: int, width: int) -> int:\n        return 0\n"
    )
    study = smoke.model_copy(
        update={
            "modules": (ModuleFile(path="mine.py", source=source),),
            "arms": {**smoke.arms, "mine": StudyArm(module="mine")},
            "designs": (OneFactorDesign(kind="one_factor", reference="mine", factors={"power": (2,)}),),
        }
    )
    with power.start_forecast(study, tmp_path) as answer:
        assert "One factor at a time from mine: 1 arm on 2 settings" in answer()


def test_a_plan_that_is_refused_leaves_no_process_behind(smoke: StudySpec, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="refused"), power.start_forecast(smoke, tmp_path):
        raise ValueError("refused")
    assert [pid for pid in children(os.getpid()) if b"analysis" in read(pid, "cmdline")] == []
