"""Each mistake on a command line is one line, and nothing is written."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.test_experiments.made import study_file

from .refusal import assert_refused
from .studies import PLAIN

SET = ["plan", "STUDY", "--store", "STORE", "--set"]
EXPERIMENTS: dict[str, tuple[Sequence[str], Sequence[str]]] = {
    "a study that is not there": (["plan", "nothing.yaml"], ["nothing.yaml", "no such study file"]),
    "a study's misspelt name": (["plan", "qick"], ["did you mean 'quick'"]),
    "a folder for a study": (["plan", "."], ["."]),
    "a change without a value": ([*SET, "recipe.epochs"], ["recipe.epochs", "KEY.KEY=VALUE"]),
    "a change without a key": ([*SET, "=3"], ["=3", "KEY.KEY=VALUE"]),
    "a change of two dots": ([*SET, "recipe..epochs=3"], ["recipe..epochs"]),
    "a change of an unknown key": ([*SET, "recipe.epoch=3"], ["recipe.epoch", "epochs"]),
    "a change of an unknown arm": ([*SET, "arms.csee.module=se"], ["csee", "did you mean 'cse'"]),
    "a change of an unknown setting": ([*SET, "settings.clas.task=x"], ["no setting 'clas'"]),
    "a change inside a number": ([*SET, "margin.deep=3"], ["margin"]),
    "a change that breaks YAML": ([*SET, "recipe.epochs=[1"], ["recipe.epochs"]),
    "a change to a wrong type": ([*SET, "recipe.epochs=soon"], ["recipe.epochs", "soon"]),
    "a change to the settings of no study": (
        [*SET, "settings_of=quik"],
        ["--set settings_of=quik", "'quick'"],
    ),
    "a million seeds": ([*SET, "seeds=1000000"], ["1,000,000"]),
    "no worker": (["plan", "STUDY", "--workers", "0"], ["--workers: at least 1"]),
    "fewer workers than none": (["run", "STUDY", "--store", "STORE", "--workers", "-2"], ["--workers"]),
    "another device": (["run", "STUDY", "--store", "STORE", "--device", "gpu"], ["--device", "cuda"]),
    "a card that is not there": (["run", "STUDY", "--store", "STORE", "--device", "cuda:97"], ["cuda"]),
    "a module file that is not there": (["plan", "STUDY", "--modules", "gate.py"], ["gate.py"]),
    "a module file that is a folder": (["plan", "STUDY", "--modules", "."], ["'.'"]),
    "a store that is a file": (["run", "STUDY", "--store", "STUDY"], ["small.yaml"]),
    "a status of no store": (["status", "--store", "NOTHING"], ["no run store here"]),
    "a sync of no store": (["sync", "small", "--store", "NOTHING"], ["no run store here"]),
    "a rebuild of no store": (["store", "rebuild", "--store", "NOTHING"], ["no run store here"]),
    "runs of no store": (["runs", "--store", "NOTHING"], ["no run store here"]),
    "sites of no backbone": (["sites", "resnet51"], ["did you mean"]),
    "sites of no picture": (["sites", "resnet18", "--input-size", "0"], ["--input-size"]),
    "a site that is none": (["sites", "resnet18", "--site", "stage@9"], ["stage@9"]),
    "a check of no file": (["check", "gate.py"], ["gate.py"]),
    "a check of a study": (["check", "STUDY"], ["small.yaml"]),
    "data that are not there": (["check-data", "nowhere"], ["nowhere"]),
    "data of a misspelt name": (["check-data", "clutered_digits"], ["did you mean 'cluttered_digits'"]),
    "data with an unknown option": (
        ["check-data", "cluttered_digits", "--task", "classification", "--set", "trian=3"],
        ["trian"],
    ),
    "data with an option without a value": (["check-data", "cluttered_digits", "--set", "train"], ["train"]),
    "data of a file": (["check-data", "STUDY"], ["small.yaml"]),
}
ANALYSIS: dict[str, tuple[Sequence[str], Sequence[str]]] = {
    "a report of no store": (["report", "small", "--store", "NOTHING"], ["no run store here"]),
    "a report of nothing": (["report", "nothing.yaml", "--store", "NOTHING"], ["nothing"]),
    "a calibration of no store": (["calibrate", "small", "--store", "NOTHING"], ["no run store here"]),
    "a power of no seed": (["power", "--seeds", "0", "--margin", "1"], ["--seeds"]),
    "a power of a margin of nothing": (["power", "--margin", "0"], ["--margin"]),
    "a power of a margin that is no number": (["power", "--margin", "nan"], ["--margin"]),
    "a power of an infinite spread": (["power", "--margin", "1", "--sd", "inf"], ["--sd"]),
    "a power of a level above one": (["power", "--margin", "1", "--alpha", "2"], ["--alpha"]),
    "a power of no arm": (["power", "--margin", "1", "--arms", "0"], ["--arms"]),
    "a power of no setting": (["power", "--margin", "1", "--settings", "0"], ["--settings"]),
    "a power of a negative spread": (["power", "--margin", "1", "--sd", "-1"], ["--sd"]),
}
UNKNOWN_WORDS: dict[str, list[str]] = {
    "no command": [],
    "an unknown command": ["pln"],
    "an unknown flag": ["plan", "STUDY", "--stor"],
    "a word for a number": ["plan", "STUDY", "--workers", "many"],
    "an unknown action": ["store", "rebuld"],
    "something unknown to list": ["list", "module"],
    "a task that is none": ["check-data", "cluttered_digits", "--task", "detection"],
    "a flag without its value": ["plan", "STUDY", "--store"],
}


def filled(words: Sequence[str], folder: Path) -> list[str]:
    """Replace STUDY, STORE and NOTHING by a sound study's file, a new store and a folder that is not there."""
    places = {
        "STUDY": str(study_file(folder, PLAIN)),
        "STORE": str(folder / "store"),
        "NOTHING": str(folder / "nothing"),
    }
    return [places.get(word, word) for word in words]


@pytest.mark.parametrize("what", EXPERIMENTS)
def test_a_mistake_on_the_command_line_of_the_experiments_is_one_line(
    what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    words, says = EXPERIMENTS[what]
    monkeypatch.chdir(tmp_path)
    assert_refused(capfd, tmp_path, ["experiments", *filled(words, tmp_path)], says)


@pytest.mark.parametrize("what", ANALYSIS)
def test_a_mistake_on_the_command_line_of_the_analysis_is_one_line(
    what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    words, says = ANALYSIS[what]
    monkeypatch.chdir(tmp_path)
    assert_refused(capfd, tmp_path, ["analysis", *filled(words, tmp_path)], says)


@pytest.mark.parametrize("what", UNKNOWN_WORDS)
def test_words_that_no_command_takes_are_one_line(
    what: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert_refused(capfd, tmp_path, ["experiments", *filled(UNKNOWN_WORDS[what], tmp_path)], ["error: "])
