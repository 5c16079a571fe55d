import subprocess
import sys
import time
from io import StringIO
from pathlib import Path

import pytest

from analysis.cli.main import main


def test_report_prints_its_path_last_and_writes_the_same_bytes_as_before(
    study_store: Path, tmp_path: Path, files: dict[str, bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["report", "made", "--store", str(study_store), "--output", str(tmp_path)]) == 0
    lines = capsys.readouterr().out.strip().splitlines()
    assert lines[-1] == f"report: {tmp_path / 'report.html'}"
    assert any("scse" in line and "BETTER" in line for line in lines)
    assert {name: (tmp_path / name).read_bytes() for name in files} == files


def test_a_misspelt_study_is_one_line_and_exit_code_2(
    study_store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["report", "mad", "--store", str(study_store)]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "no study 'mad' is recorded here (recorded: made)" in said


def test_a_store_that_is_not_there_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "made", "--store", str(tmp_path / "none")]) == 2
    assert "no run store here" in capsys.readouterr().err


def test_calibrate_prints_the_pipelines_own_false_alarms(
    study_store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["calibrate", "made", "--store", str(study_store), "--shuffles", "40"]) == 0
    assert capsys.readouterr().out.count("of 40 shuffled studies") == 3


def test_power_needs_no_store(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["power", "--seeds", "3", "--arms", "1"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("as given: 1 arm on 1 setting")
    assert [line.split()[:4] for line in said.splitlines()].count(["*", "3", "0.25", "nothing"]) == 1


def test_power_takes_designs_and_a_spread_from_elsewhere(
    study_store: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    design = (
        '{"title": "Arms against none", "seeds": 6, "arms": 1, "settings": 1, "margin": 1.0, "alpha": 0.05}'
    )
    monkeypatch.setattr("sys.stdin", StringIO(f"[{design}]"))
    assert main(["power", "-", "--spread", "made", "--store", str(study_store)]) == 0
    assert ", sd of differences 0." in capsys.readouterr().out
    monkeypatch.setattr("sys.stdin", StringIO(f"[{design}]"))
    assert main(["power", "-", "--spread", "other", "--store", str(study_store)]) == 0
    assert "finds, sd's" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["power", "--seeds", "0"], "--seeds 0: must be above 0"),
        (["power", "--alpha", "0.7"], "--alpha 0.7: must lie between 0 and 0.5"),
        (["calibrate", "made", "--shuffles", "0"], "--shuffles 0: must be 1 or more"),
    ],
)
def test_impossible_options_are_one_line(
    words: list[str], text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    assert capsys.readouterr().err == f"error: {text}\n"


def test_help_answers_fast_because_nothing_heavy_loads() -> None:
    started = time.process_time()
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "analysis", "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "report" in done.stdout
    assert time.process_time() - started < 1.5
    for heavy in ("pandas", "matplotlib", "numpy", "torch"):
        assert f" {heavy}\n" not in done.stderr


def test_analysis_never_loads_torch_nor_anything_that_trains() -> None:
    code = (
        "import sys, analysis.report.html, analysis.frames, analysis.report.console, analysis.comparing;"
        "never = {'torch', 'timm', 'attention', 'datasets', 'wandb', 'optuna', 'experiments.run.execute'};"
        "print(*(never & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
