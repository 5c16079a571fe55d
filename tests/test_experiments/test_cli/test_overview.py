"""A study in numbers: states, means, time left."""

import pytest

from experiments.cli.overview import describe_cell, summarize, summary_line, time_left
from experiments.store import StoreWriter
from tests.test_experiments.made import NOW, cell, finish, study_row

from .commands import SPECS


def test_an_overview_counts_runs_by_state(begun: StoreWriter) -> None:
    overview = summarize(begun, "small", workers=2)
    assert overview.states == {"finished": 2, "failed": 1, "running": 1, "planned": 1}
    assert (overview.ended, overview.total) == (3, 5)
    assert [row.key for row in overview.failures] == [SPECS[1].key]


def test_a_run_that_fills_two_cells_is_counted_once(begun: StoreWriter) -> None:
    begun.add_cells("small", [cell(SPECS[0], "cse")])
    assert summarize(begun, "small", workers=2).total == 5


def test_runs_show_the_mean_on_the_test_split_and_searches_the_best_on_validation(begun: StoreWriter) -> None:
    means = summarize(begun, "small", workers=2).means
    assert means == {("classification", "none"): 0.75, ("classification", "none (search)"): 0.8}


def test_the_time_left_is_the_mean_time_of_the_open_runs_over_the_workers(begun: StoreWriter) -> None:
    assert summarize(begun, "small", workers=2).seconds_left == 2 * 2.0 / 2


def test_the_time_left_is_unknown_before_a_run_has_ended(store: StoreWriter) -> None:
    store.save_study(study_row(), [cell(spec) for spec in SPECS])
    assert summarize(store, "small", workers=2).seconds_left is None


@pytest.mark.parametrize(
    ("seconds", "text"), [(None, ""), (0.0, ""), (60.0, ", about 60 s left"), (840.0, ", about 14 min left")]
)
def test_the_time_left_is_given_in_seconds_or_minutes(seconds: float | None, text: str) -> None:
    assert time_left(seconds) == text


def test_one_line_gives_the_progress_of_a_study(begun: StoreWriter) -> None:
    assert (
        summary_line(summarize(begun, "small", workers=1)) == "3/5 runs, 1 running, 1 failed, about 4 s left"
    )


def test_a_run_is_described_by_its_cell_and_its_result(begun: StoreWriter) -> None:
    texts = {describe_cell(row) for row in begun.cells("small")}
    assert "classification  none  seed 0: finished, accuracy 75.00, 2 s" in texts
    assert "classification  none  seed 1: failed" in texts
    assert any(text.startswith("classification  none  trial 0: finished") for text in texts)


def test_an_undefined_score_is_described_as_undefined(store: StoreWriter) -> None:
    store.save_study(study_row(), [cell(SPECS[0]), cell(SPECS[1])])
    finish(store, SPECS[0], metrics={"accuracy": None})
    store.start_attempt(SPECS[1].key, now=NOW)
    store.record_epoch(SPECS[1].key, 1, {"validation/accuracy": None})
    overview = summarize(store, "small", workers=1)
    assert overview.means == {}
    assert overview.running == ["classification  none  seed 1: epoch 2 of 2, accuracy undefined after 1"]
    texts = {describe_cell(row) for row in store.cells("small")}
    assert "classification  none  seed 0: finished, accuracy undefined, 2 s" in texts
