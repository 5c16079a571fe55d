"""What people see of recorded runs."""

import pytest

from experiments.config.run_spec import ArmSpec
from experiments.inspecting import bars, diff, flat, runs, show
from experiments.store import Store, run_folder
from tests.test_experiments.made import NOW, cell, finish, run_spec, study_row

PLAIN, OTHER = run_spec(seed=0), run_spec(arm=ArmSpec(module="se"), seed=1)


@pytest.fixture
def two(store: Store) -> Store:
    """A finished run, and one that failed twice."""
    store.save_study(study_row(), [cell(PLAIN), cell(OTHER, "se")])
    finish(store, PLAIN)
    for number in (1, 2):
        store.start(OTHER.key, now=NOW)
        store.end(OTHER.key, "failed", now=NOW, message=f"error: number {number}")
    run_folder.write_whole(store.folder(OTHER.key) / run_folder.LOG, b"first\nKeyError: 'x'\n")
    return store


def test_runs_are_listed_one_a_line_and_counted(two: Store) -> None:
    lines = list(runs(two, []))
    assert lines == [
        f"{PLAIN.key[:12]}  finished      small  classification  none  seed 0  accuracy 75.00  2 s",
        f"{OTHER.key[:12]}  failed        small  classification  se  seed 1",
        "2 runs",
    ]


@pytest.mark.parametrize(
    ("where", "count"),
    [(["arm=se"], 1), (["arm=se", "state=failed"], 1), (["arm=se", "state=finished"], 0), (["seed=0"], 1),
     (["setting=classification"], 2), (["study=small", "role=run"], 2), ([f"key={PLAIN.key[:5]}"], 1)],
)  # fmt: skip
def test_where_chooses_by_every_field(where: list[str], count: int, two: Store) -> None:
    assert len(list(runs(two, where))) == count + 1


@pytest.mark.parametrize(("where", "says"), [("amr=se", "did you mean 'arm'"), ("arm", "FIELD=VALUE")])
def test_a_misspelt_field_is_answered_with_the_nearest(where: str, says: str, two: Store) -> None:
    with pytest.raises(ValueError, match=says):
        list(runs(two, [where]))


def test_a_run_is_shown_with_spec_curve_attempts_and_log(two: Store) -> None:
    text = "\n".join(show(two, PLAIN.key))
    assert "in       small: classification  none  seed 0" in text
    assert "spec     recipe.learning_rate = 0.05" in text
    assert "curve    validation/accuracy    ▁  0.7 to 0.7 in 1 epochs" in text
    assert f"attempt  1  {NOW} to {NOW}  finished" in text
    assert "result   metrics.accuracy = 0.75" in text
    failed = "\n".join(show(two, OTHER.key))
    assert f"attempt  2  {NOW} to {NOW}  failed: error: number 2" in failed
    assert "log      KeyError: 'x'" in failed


def test_a_diff_says_what_two_runs_do_not_share_and_nothing_else(two: Store) -> None:
    lines = list(diff(two, PLAIN.key, OTHER.key))
    assert 'spec  arm.module: "none" | "se"' in lines
    assert "spec  seed: 0 | 1" in lines
    assert 'result  state: "finished" | "failed"' in lines
    assert "result  metrics.accuracy: 0.75 | (not there)" in lines
    assert not any("recipe" in line for line in lines)
    assert list(diff(two, PLAIN.key, PLAIN.key)) == []


def test_a_curve_goes_from_its_least_to_its_greatest() -> None:
    assert bars([0, 1, 2, 3, 4, 5, 6, 7]) == "▁▂▃▄▅▆▇█"
    assert bars([2, 2]) == "▁▁"
    assert len(bars([float(value) for value in range(1000)])) == 60


def test_nested_values_are_named_by_their_path() -> None:
    assert dict(flat({"a": {"b": 1, "c": {}}, "d": [2]})) == {"a.b": 1, "a.c": {}, "d": [2]}
