"""The command `report`."""

from pathlib import Path

import pytest

from analysis.cli.main import main


def test_it_writes_the_same_bytes_again_and_prints_the_verdicts_and_the_path(
    study_store: Path, tmp_path: Path, files: dict[str, bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["report", "made", "--store", str(study_store), "--output", str(tmp_path)]) == 0
    output = capsys.readouterr()
    lines = output.out.strip().splitlines()
    assert lines[-1] == f"report: {tmp_path / 'report.html'}"
    assert any("scse" in line and "BETTER" in line for line in lines)
    assert {name: (tmp_path / name).read_bytes() for name in files} == files
    progress = output.err.splitlines()
    assert progress[0] == "comparing 140 runs and trials"
    assert progress[1] == "drawing: Arms against none"
    assert progress[-1] == "writing the page"
