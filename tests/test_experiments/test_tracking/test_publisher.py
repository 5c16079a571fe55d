"""A tracker is brought up to date with the records: each cell once, and again after a change."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from experiments.store import StoreWriter
from experiments.tracking.publisher import Publisher, publish_until, summary, to_tracked_run
from experiments.tracking.tracker import TrackedRun
from tests.test_experiments.made import NOW, cell, finish, outcome, run_spec, study_row

SPECS = [run_spec(seed=seed) for seed in range(3)]


class Recording:
    """A tracker that writes down what it is shown, and leaves an offline folder a run as W&B does."""

    location = "here"

    def __init__(self, store: StoreWriter, *, live: bool = False) -> None:
        self.live, self.folder = live, store.path / "wandb"
        self.calls: list[tuple[Any, ...]] = []

    def start_run(self, run: TrackedRun) -> str:
        self.calls.append(("start_run", run.name))
        folder = self.folder / f"offline-run-{len(self.calls)}-{run.id}"
        folder.mkdir(parents=True)
        return str(folder.relative_to(self.folder.parent))

    def log_metrics(self, run_id: str, number: int, metrics: Mapping[str, float | None]) -> None:
        self.calls.append(("log_metrics", number, dict(metrics)))

    def end_run(self, run_id: str, summary: Mapping[str, Any], *, failed: bool) -> None:
        self.calls.append(("end_run", summary["state"], failed))

    @property
    def opened(self) -> list[str]:
        return [call[1] for call in self.calls if call[0] == "start_run"]


@pytest.fixture
def planned(store: StoreWriter) -> StoreWriter:
    store.save_study(study_row(), [cell(spec) for spec in SPECS])
    return store


def published(store: StoreWriter, tracker: Recording) -> int:
    """A fresh publisher's first update, as after a restart."""
    return Publisher(store, "small", tracker).update()


def test_an_ended_run_is_published_completely(planned: StoreWriter) -> None:
    finish(planned, SPECS[0])
    tracker = Recording(planned)
    assert published(planned, tracker) == 1
    assert tracker.calls == [
        ("start_run", "none classification seed 0"),
        ("log_metrics", 1, {"validation/accuracy": 0.7}),
        ("end_run", "finished", False),
    ]


def test_each_cell_is_shown_once_across_restarts(planned: StoreWriter) -> None:
    tracker = Recording(planned)
    for spec in SPECS:
        finish(planned, spec)
        published(planned, tracker)
        published(planned, tracker)
    assert tracker.opened == [f"none classification seed {seed}" for seed in range(3)]


def test_a_result_that_has_changed_is_shown_again(planned: StoreWriter) -> None:
    finish(planned, SPECS[0])
    tracker = Recording(planned)
    published(planned, tracker)
    planned.reset_runs([SPECS[0].key])
    finish(planned, SPECS[0], code="other code")
    assert published(planned, tracker) == 1
    assert len(tracker.opened) == 2


def test_two_cells_with_one_run_are_two_tracked_runs(planned: StoreWriter) -> None:
    planned.add_cells("small", [cell(SPECS[0], "cse")])
    finish(planned, SPECS[0])
    tracker = Recording(planned)
    assert published(planned, tracker) == 2
    assert sorted(tracker.opened) == ["cse classification seed 0", "none classification seed 0"]
    assert len({to_tracked_run(row).id for row in planned.plan_rows("small")}) == 4


@pytest.mark.parametrize(("state", "failed"), [("diverged", True), ("pruned", False)])
def test_a_run_that_did_not_finish_says_how_it_ended(planned: StoreWriter, state: str, failed: bool) -> None:
    finish(planned, SPECS[0], state=state)
    tracker = Recording(planned)
    published(planned, tracker)
    assert tracker.calls[-1] == ("end_run", state, failed)


def test_a_failed_run_without_a_result_is_shown_as_failed(planned: StoreWriter) -> None:
    planned.start_attempt(SPECS[0].key, now=NOW)
    planned.end_attempt(SPECS[0].key, "failed", now=NOW, message="why")
    tracker = Recording(planned)
    assert published(planned, tracker) == 1
    assert tracker.calls[-1] == ("end_run", "failed", True)


def test_outdated_cells_and_running_runs_are_not_published_offline(planned: StoreWriter) -> None:
    finish(planned, SPECS[0])
    planned.save_study(study_row(), [cell(spec) for spec in SPECS[1:]])
    planned.start_attempt(SPECS[1].key, now=NOW)
    tracker = Recording(planned)
    assert published(planned, tracker) == 0
    assert tracker.calls == []


def test_a_live_tracker_gets_each_epoch_once_while_the_run_goes_on(planned: StoreWriter) -> None:
    tracker = Recording(planned, live=True)
    publisher = Publisher(planned, "small", tracker)
    planned.start_attempt(SPECS[0].key, now=NOW)
    for epoch in (1, 2):
        planned.record_epoch(SPECS[0].key, epoch, {"loss": 1 / epoch})
        publisher.update()
        publisher.update()
    assert tracker.calls[1:] == [("log_metrics", 1, {"loss": 1.0}), ("log_metrics", 2, {"loss": 0.5})]
    planned.end_attempt(SPECS[0].key, "finished", now=NOW, result=outcome(SPECS[0], metrics={}))
    publisher.update()
    assert tracker.calls[3:] == [("end_run", "finished", False)]


def test_publishing_until_the_end_includes_the_last_records(planned: StoreWriter) -> None:
    tracker = Recording(planned)
    publisher = Publisher(planned, "small", tracker)
    asked = iter([False, True])

    def over() -> bool:
        finish(planned, SPECS[len(tracker.opened)])
        return next(asked)

    publish_until(publisher, is_over=over, seconds=0)
    assert publisher.published == 2


def test_an_offline_folder_that_was_cut_off_is_set_aside_and_its_run_shown_again(
    planned: StoreWriter,
) -> None:
    for spec in SPECS[:2]:
        finish(planned, spec)
    tracker = Recording(planned)
    published(planned, tracker)
    cut_off = sorted((planned.path / "wandb").glob("offline-run-*"))
    notes = sorted((planned.path / "wandb" / "published").glob("*.json"))
    where = [Path(json.loads(note.read_bytes())["where"]).name for note in notes]
    notes[0].unlink()
    assert published(planned, tracker) == 1
    assert (planned.path / "wandb" / "aside" / where[0]).is_dir()
    assert (planned.path / "wandb" / where[1]).is_dir()
    assert len(cut_off) == len(list((planned.path / "wandb").glob("offline-run-*"))) == 2


@pytest.mark.parametrize("content", [b"", b"{", b"{}"])
def test_a_damaged_note_costs_nothing_but_showing_the_run_again(planned: StoreWriter, content: bytes) -> None:
    finish(planned, SPECS[0])
    tracker = Recording(planned)
    published(planned, tracker)
    (note,) = (planned.path / "wandb" / "published").glob("*.json")
    note.write_bytes(content)
    assert published(planned, tracker) == 1
    assert published(planned, tracker) == 0


def test_a_note_of_a_run_that_was_shown_nowhere_does_not_count(planned: StoreWriter) -> None:
    """An earlier version noted runs as published while W&B was off."""
    finish(planned, SPECS[0])
    tracker = Recording(planned)
    published(planned, tracker)
    (note,) = (planned.path / "wandb" / "published").glob("*.json")
    note.write_text(json.dumps(json.loads(note.read_text()) | {"where": ""}))
    assert published(planned, tracker) == 1


def test_a_tracked_run_has_its_position_in_the_study_and_its_spec(planned: StoreWriter) -> None:
    run = to_tracked_run(next(iter(planned.plan_rows("small"))))
    assert (run.group, run.job_type, run.tags) == (
        "small/classification/none",
        "run",
        ("small", "classification", "none"),
    )
    assert run.config["key"] == SPECS[0].key
    assert run.config["recipe"]["epochs"] == 2
    assert run.id.isalnum()
    assert len(run.id) <= 64


def test_what_is_undefined_is_named_and_not_drawn(planned: StoreWriter) -> None:
    undefined = {"accuracy": None, "loss": 0.5}
    curve = [[1, {"validation/accuracy": None, "validation/loss": 0.5}]]
    finish(planned, SPECS[0], metrics=undefined, validation=undefined, curve=curve)
    tracker = Recording(planned)
    published(planned, tracker)
    assert ("log_metrics", 1, {"validation/loss": 0.5}) in tracker.calls
    (row,) = planned.plan_rows("small", key=SPECS[0].key)
    shown = summary(row)
    assert shown["undefined"] == ["test/accuracy"]
    assert "test/accuracy" not in shown
    assert shown["test/loss"] == 0.5
