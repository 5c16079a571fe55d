"""One run in full."""

import json

import pytest

from experiments.cli.inspect.show import describe_run, sparkline
from experiments.cli.main import main
from experiments.store import StoreWriter
from tests.test_experiments.made import NOW, cell, finish, run_spec, study_row

from .runs import OTHER, PLAIN


def test_a_run_is_shown_with_spec_curve_attempts_and_log(two: StoreWriter) -> None:
    text = "\n".join(describe_run(two, PLAIN.key))
    assert "in       small: classification  none  seed 0" in text
    assert "spec     recipe.learning_rate = 0.05" in text
    assert "curve    validation/accuracy    ▁  0.7 to 0.7 in 1 epochs" in text
    assert f"attempt  1  {NOW} to {NOW}  finished" in text
    assert "result   metrics.accuracy = 0.75" in text
    failed = "\n".join(describe_run(two, OTHER.key))
    assert f"attempt  2  {NOW} to {NOW}  failed: error: number 2" in failed
    assert "log      KeyError: 'x'" in failed


def test_a_run_is_shown_as_json(two: StoreWriter, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", PLAIN.key[:12], "--json", "--store", str(two.path)]) == 0
    content = json.loads(capsys.readouterr().out)
    assert content["result"]["metrics"]["accuracy"] == 0.75
    assert content["spec"]["recipe"]["learning_rate"] == 0.05
    assert content["attempts"][0]["state"] == "finished"


def test_a_curve_goes_from_its_least_to_its_greatest() -> None:
    assert sparkline([0, 1, 2, 3, 4, 5, 6, 7]) == "▁▂▃▄▅▆▇█"
    assert sparkline([2, 2]) == "▁▁"
    assert len(sparkline([float(value) for value in range(1000)])) == 60


def test_an_undefined_score_is_called_so_wherever_runs_are_shown(
    store: StoreWriter, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = run_spec()
    store.save_study(study_row(), [cell(spec)])
    undefined = {"accuracy": None, "loss": 0.5}
    curve = [[epoch, {"validation/accuracy": None, "validation/loss": 0.5}] for epoch in (1, 2)]
    finish(
        store,
        spec,
        metrics=undefined,
        validation=undefined,
        curve=curve,
        warnings=["IncompleteRecord: test/accuracy"],
    )
    assert main(["show", spec.key, "--store", str(store.path)]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert "curve    validation/accuracy    not defined in any epoch" in shown
    assert "result   metrics.accuracy = null" in shown
    assert "warning  IncompleteRecord: test/accuracy" in shown
    for command in (["runs"], ["status", "small"]):
        assert main([*command, "--store", str(store.path)]) == 0
        assert "nan" not in (out := capsys.readouterr().out.lower())
        assert "accuracy undefined" in out or command == ["status", "small"]
    assert main(["runs", "--json", "--store", str(store.path)]) == 0
    assert json.loads(capsys.readouterr().out)[0]["test"] is None


def test_a_class_without_a_score_is_named(store: StoreWriter) -> None:
    spec = run_spec()
    store.save_study(study_row(), [cell(spec)])
    scores = {"name": "recall", "classes": ["cat", "dog"], "values": [0.75, None]}
    finish(store, spec, per_class=scores)
    assert 'result   undefined = ["test/recall/dog"]' in describe_run(store, spec.key)
