"""The command line as a whole: its commands, its exit codes, and what it never imports."""

import subprocess
import sys
from pathlib import Path

import pytest

from analysis.cli.main import COMMANDS, main


def test_every_command_has_an_example_that_names_it() -> None:
    for name, command in COMMANDS.items():
        assert f"python -m analysis {name} " in command.load().EXAMPLES


def test_a_misspelt_study_is_one_line_and_exit_code_2(
    study_store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["report", "mad", "--store", str(study_store)]) == 2
    message = capsys.readouterr().err
    assert message.count("\n") == 1
    assert "no study 'mad' is recorded here (recorded: made)" in message


def test_a_store_that_does_not_exist_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "made", "--store", str(tmp_path / "none")]) == 2
    assert "no run store here" in capsys.readouterr().err


def test_an_unknown_command_exits_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["explain"])
    assert "invalid choice: 'explain'" in capsys.readouterr().err


def test_analysis_never_loads_torch_nor_anything_that_trains() -> None:
    code = (
        "import sys, analysis.report.html, analysis.frames, analysis.report.console, analysis.comparing;"
        "never = {'torch', 'timm', 'attention', 'datasets', 'wandb', 'optuna', 'experiments.run.execute'};"
        "print(*(never & set(sys.modules)))"
    )
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert process.stdout.split() == []
