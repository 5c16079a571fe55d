"""The command `power`."""

from io import StringIO
from pathlib import Path

import pytest

from analysis.cli.main import main

DESIGN = '{"title": "Arms against none", "seeds": 6, "arms": 1, "settings": 1, "margin": 1.0, "alpha": 0.05}'


def test_options_describe_a_design_without_any_store(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["power", "--seeds", "3", "--arms", "1"]) == 0
    text = capsys.readouterr().out
    assert text.startswith("as given: 1 arm on 1 setting")
    assert [line.split()[:4] for line in text.splitlines()].count(["*", "3", "0.25", "nothing"]) == 1


@pytest.mark.parametrize(("spread", "text"), [("made", ", sd of differences 0."), ("other", "finds, sd's")])
def test_designs_from_standard_input_take_their_spread_from_a_recorded_study(
    study_store: Path,
    spread: str,
    text: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.stdin", StringIO(f"[{DESIGN}]"))
    assert main(["power", "-", "--spread", spread, "--store", str(study_store)]) == 0
    assert text in capsys.readouterr().out


def test_a_recorded_study_has_one_table_per_family(
    study_store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["power", "made", "--store", str(study_store)]) == 0
    lines = capsys.readouterr().out.splitlines()
    titles = [line.partition(":")[0] for line in lines if ", level 0.05, " in line]
    assert titles == ["Arms against none", "What scse loses without a half", "Search winners on fresh seeds"]


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["--seeds", "0"], "--seeds 0: must be a number above 0"),
        (["--margin", "-1"], "--margin -1: must be a number above 0"),
        (["--alpha", "0.7"], "--alpha 0.7: must lie between 0 and 0.5"),
    ],
)
def test_an_option_out_of_its_range_is_one_line(
    words: list[str], text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["power", *words]) == 2
    assert capsys.readouterr().err == f"error: {text}\n"
