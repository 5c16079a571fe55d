"""The command `calibrate`."""

from pathlib import Path

import pytest

from analysis.cli.main import main


def test_it_prints_the_false_alarms_of_every_family(
    study_store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["calibrate", "made", "--store", str(study_store), "--shuffles", "40"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition(":")[0] for line in lines[::2]] == ["main", "leave_one_out", "tuned"]
    assert all(" of 40 shuffled studies called some arm BETTER or WORSE: " in line for line in lines[::2])


def test_the_seed_decides_the_output(study_store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    texts = []
    for seed in ("0", "0", "1"):
        main(["calibrate", "made", "--store", str(study_store), "--shuffles", "40", "--seed", seed])
        texts.append(capsys.readouterr().out)
    assert texts[0] == texts[1] != texts[2]


def test_fewer_than_one_shuffle_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["calibrate", "made", "--shuffles", "0"]) == 2
    assert capsys.readouterr().err == "error: --shuffles 0: must be 1 or more\n"
