"""What two runs do not share."""

import json

import pytest

from experiments.cli.main import main
from experiments.store import StoreWriter

from .runs import OTHER, PLAIN


def test_a_diff_says_what_two_runs_do_not_share_and_nothing_else(
    two: StoreWriter, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["diff", PLAIN.key, OTHER.key, "--store", str(two.path)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert 'spec  arm.module: "none" | "se"' in lines
    assert "spec  seed: 0 | 1" in lines
    assert 'result  state: "finished" | "failed"' in lines
    assert "result  metrics.accuracy: 0.75 | (not there)" in lines
    assert not any("recipe" in line for line in lines)


def test_a_diff_as_json_has_the_values_themselves_and_null_for_absent_ones(
    two: StoreWriter, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["diff", PLAIN.key, OTHER.key, "--json", "--store", str(two.path)]) == 1
    listed = json.loads(capsys.readouterr().out)
    assert {"part": "spec", "name": "seed", "before": 0, "after": 1} in listed
    assert {"part": "spec", "name": "arm.module", "before": "none", "after": "se"} in listed
    assert {"part": "result", "name": "metrics.accuracy", "before": 0.75, "after": None} in listed


def test_a_run_does_not_differ_from_itself(two: StoreWriter, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", PLAIN.key, PLAIN.key, "--json", "--store", str(two.path)]) == 0
    assert json.loads(capsys.readouterr().out) == []
