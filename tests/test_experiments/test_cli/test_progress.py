"""The progress display: the table, the lines below it, and the lines in a pipe."""

import io
import os

import pytest
from rich.console import Console

from experiments.cli.overview import summarize
from experiments.cli.progress import Progress, StudyConsole, render, render_table
from experiments.store import StoreWriter
from tests.test_experiments.made import NOW, cell, run_spec, study_row

from .commands import SPECS


def drawn(store: StoreWriter, width: int = 120) -> str:
    """The table of the study `small` as plain text."""
    console = Console(file=io.StringIO(), width=width)
    console.print(render_table(summarize(store, "small", workers=2), "small", plain=True))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_the_table_has_a_row_for_each_arm_in_the_studys_order(begun: StoreWriter) -> None:
    rows = [text.split() for text in drawn(begun).splitlines()[2:]]
    assert [row[0] for row in rows] == ["none", "none"]
    assert rows[0][1:] == ["#x>.", "2/4", "75.0", "1", "running", "1", "failed"]
    assert rows[1][1:] == ["(search)", "#", "1/1", "80.0"]


def test_below_the_table_are_the_running_runs_and_the_failures_with_their_logs(begun: StoreWriter) -> None:
    begun.record_epoch(SPECS[2].key, 1, {"validation/accuracy": 0.712})
    console = Console(file=io.StringIO(), width=250)
    console.print(render(begun, summarize(begun, "small", workers=2), "small", plain=True))
    assert isinstance(console.file, io.StringIO)
    lines = [text.strip() for text in console.file.getvalue().splitlines()]
    assert "running: classification  none  seed 2: epoch 2 of 2, accuracy 71.20 after 1" in lines
    log = begun.folder(SPECS[1].key) / "log.txt"
    assert lines[-1] == f"classification  none  seed 1: failed (log: {log})"


def test_more_seeds_than_fit_are_counted_and_not_drawn(store: StoreWriter) -> None:
    store.save_study(study_row(), [cell(run_spec(seed=seed)) for seed in range(40)])
    assert drawn(store).splitlines()[-1].split() == ["none", "0/40"]


def test_a_label_that_looks_like_markup_is_shown_as_it_is(store: StoreWriter) -> None:
    row = study_row(arms={"none": {}, "[red]": {"module": "se"}}, designs=None, search=None)
    store.save_study(row, [cell(SPECS[0], "[red]")])
    assert "[red]" in drawn(store)


def test_in_a_pipe_each_run_that_ends_is_one_plain_line(begun: StoreWriter) -> None:
    console = Console(file=io.StringIO(), soft_wrap=True)
    with Progress(begun, "small", workers=1, console=console) as progress:
        progress.refresh(force=True)
        begun.end_attempt(SPECS[2].key, "out_of_memory", now=NOW)
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


class Gone(io.TextIOWrapper):
    """Standard output whose terminal was closed, or whose reader has ended."""

    def __init__(self, error: OSError) -> None:
        super().__init__(io.FileIO(os.devnull, "w"))
        self.error = error

    def write(self, text: str) -> int:
        raise self.error


@pytest.mark.parametrize("error", [BrokenPipeError(32, "Broken pipe"), OSError(5, "Input/output error")])
def test_a_study_whose_output_is_gone_goes_on_without_it(
    error: OSError, begun: StoreWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = Gone(error)
    monkeypatch.setattr("sys.stdout", gone)
    console = StudyConsole(file=gone, soft_wrap=True)
    with Progress(begun, "small", workers=1, console=console) as progress:
        progress.notify("stopping")
        progress.refresh(force=True)
    assert console.quiet
