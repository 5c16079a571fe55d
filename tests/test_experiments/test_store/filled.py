"""A store with runs in several states, and everything that it says of a study."""

from typing import Any

from experiments.config.run_spec import RunSpec
from experiments.store import StoreReader, StoreWriter, run_folder
from tests.test_experiments.made import cell, finish, run_spec, study_row

SPECS = [run_spec(seed=seed) for seed in range(4)]


def fill(store: StoreWriter) -> StoreWriter:
    """Record two finished runs, one diverged and one planned; and a second study with one run of its own."""
    store.save_study(study_row(), [cell(SPECS[1])])
    store.save_study(study_row(), [cell(spec) for spec in SPECS if spec is not SPECS[1]])  # one has left
    for spec, state in zip(SPECS[:3], ("finished", "finished", "diverged"), strict=True):
        finish_whole(store, spec, state=state)
    other = run_spec(seed=9)
    store.save_study(study_row("other"), [cell(other)])
    finish_whole(store, other)
    return store


def finish_whole(store: StoreWriter, spec: RunSpec, **changes: Any) -> None:
    """`finish`, with the run's spec beside its result as a worker leaves it."""
    run_folder.write_json(store.folder(spec.key) / run_folder.SPEC, spec.model_dump(mode="json"))
    finish(store, spec, **changes)


def records(store: StoreReader) -> dict[str, Any]:
    """Return everything that a store has of the study `small`."""
    rows = list(store.plan_rows("small"))
    return {
        "study": store.study("small"),
        "rows": rows,
        "cells": list(store.cells("small")),
        "curves": {row.key: store.curve(row.key) for row in rows},
        "damage": {row.key: run_folder.damage(store.folder(row.key)) is None for row in rows},
    }
