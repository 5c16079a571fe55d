"""What people see of a study, from its records."""

import io

import pytest
from rich.console import Console

from experiments.cli.overview import describe_cell, summarize, summary_line, time_left
from experiments.cli.progress import Progress, render, render_table
from experiments.store import StoreWriter
from tests.test_experiments.made import NOW, cell, finish, run_spec, study_row

SPECS = [run_spec(seed=seed) for seed in range(4)]


@pytest.fixture
def begun(store: StoreWriter) -> StoreWriter:
    """Four runs: one finished, one failed, one running, one planned; and a finished trial."""
    trial = run_spec(seed=1000)
    store.save_study(study_row(), [cell(spec) for spec in SPECS] + [cell(trial, role="trial", trial=0)])
    finish(store, SPECS[0])
    store.start(SPECS[1].key, now=NOW)
    store.end(SPECS[1].key, "failed", now=NOW, message="why")
    store.start(SPECS[2].key, now=NOW)
    finish(store, trial)
    return store


def shown(store: StoreWriter, width: int = 120) -> str:
    console = Console(file=io.StringIO(), width=width)
    console.print(render_table(summarize(store, "small", workers=2), "small", plain=True))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_an_overview_counts_runs_by_state(begun: StoreWriter) -> None:
    seen = summarize(begun, "small", workers=2)
    assert seen.states == {"finished": 2, "failed": 1, "running": 1, "planned": 1}
    assert (seen.ended, seen.total) == (3, 5)
    assert [row.key for row in seen.failures] == [SPECS[1].key]


def test_a_run_that_fills_two_cells_is_counted_once(begun: StoreWriter) -> None:
    begun.add("small", [cell(SPECS[0], "cse")])
    assert summarize(begun, "small", workers=2).total == 5


def test_runs_show_the_mean_on_the_test_split_and_searches_the_best_on_validation(begun: StoreWriter) -> None:
    means = summarize(begun, "small", workers=2).means
    assert means == {("classification", "none"): 0.75, ("classification", "none (search)"): 0.8}


def test_the_time_left_is_that_of_the_runs_left_over_the_workers(begun: StoreWriter) -> None:
    assert summarize(begun, "small", workers=2).seconds_left == 2 * 2.0 / 2


def test_nothing_is_said_of_the_time_left_before_a_run_has_ended(store: StoreWriter) -> None:
    store.save_study(study_row(), [cell(spec) for spec in SPECS])
    assert summarize(store, "small", workers=2).seconds_left is None


@pytest.mark.parametrize(
    ("seconds", "text"), [(None, ""), (0.0, ""), (60.0, ", about 60 s left"), (840.0, ", about 14 min left")]
)
def test_the_time_left_is_told_in_seconds_or_minutes(seconds: float | None, text: str) -> None:
    assert time_left(seconds) == text


def test_one_line_says_how_far_a_study_is(begun: StoreWriter) -> None:
    assert (
        summary_line(summarize(begun, "small", workers=1)) == "3/5 runs, 1 running, 1 failed, about 4 s left"
    )


def test_the_table_has_a_row_for_each_arm_in_the_studys_order(begun: StoreWriter) -> None:
    rows = [text.split() for text in shown(begun).splitlines()[2:]]
    assert [row[0] for row in rows] == ["none", "none"]
    assert rows[0][1:] == ["#x>.", "2/4", "75.0", "1", "running", "1", "failed"]
    assert rows[1][1:] == ["(search)", "#", "1/1", "80.0"]


def test_below_the_table_is_what_trains_and_what_failed_with_its_log(begun: StoreWriter) -> None:
    begun.epoch(SPECS[2].key, 1, {"validation/accuracy": 0.712})
    console = Console(file=io.StringIO(), width=250)
    console.print(render(begun, summarize(begun, "small", workers=2), "small", plain=True))
    assert isinstance(console.file, io.StringIO)
    lines = [text.strip() for text in console.file.getvalue().splitlines()]
    assert "running: classification  none  seed 2: epoch 2 of 2, accuracy 71.20 after 1" in lines
    log = begun.folder(SPECS[1].key) / "log.txt"
    assert lines[-1] == f"classification  none  seed 1: failed (log: {log})"


def test_more_seeds_than_fit_are_counted_and_not_drawn(store: StoreWriter) -> None:
    store.save_study(study_row(), [cell(run_spec(seed=seed)) for seed in range(40)])
    assert shown(store).splitlines()[-1].split() == ["none", "0/40"]


def test_a_label_that_looks_like_markup_is_shown_as_it_is(store: StoreWriter) -> None:
    row = study_row(arms={"none": {}, "[red]": {"module": "se"}}, designs=None, search=None)
    store.save_study(row, [cell(SPECS[0], "[red]")])
    assert "[red]" in shown(store)


def test_a_run_is_described_by_its_place_and_its_result(begun: StoreWriter) -> None:
    texts = {describe_cell(row) for row in begun.cells("small")}
    assert "classification  none  seed 0: finished, accuracy 75.00, 2 s" in texts
    assert "classification  none  seed 1: failed" in texts
    assert any(text.startswith("classification  none  trial 0: finished") for text in texts)


def test_in_a_pipe_each_run_that_ends_is_one_plain_line(begun: StoreWriter) -> None:
    console = Console(file=io.StringIO(), soft_wrap=True)
    with Progress(begun, "small", workers=1, console=console) as progress:
        progress.refresh(force=True)
        begun.end(SPECS[2].key, "out_of_memory", now=NOW)
        progress.refresh(force=True)
    assert isinstance(console.file, io.StringIO)
    lines = console.file.getvalue().splitlines()
    assert lines[0] == "3/5 runs, 1 running, 1 failed, about 4 s left"
    assert lines[1] == "[4/5] classification  none  seed 2: out_of_memory, about 2 s left"
    assert len(lines) == 2
    assert "\x1b" not in console.file.getvalue()


def test_in_a_terminal_there_is_a_live_table(begun: StoreWriter) -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=100)
    with Progress(begun, "small", workers=1, console=console) as progress:
        progress.notify("a line [that] stays")
    assert isinstance(console.file, io.StringIO)
    text = console.file.getvalue()
    assert "a line [that] stays" in text
    assert "classification" in text
