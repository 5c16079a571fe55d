"""A recorded study in W&B's own offline files, read back by W&B's own tool."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from experiments.store import StoreWriter
from experiments.tracking.publisher import Publisher, to_tracked_run
from experiments.tracking.tracker import NullTracker, create_tracker
from tests.test_experiments.made import cell, finish, run_spec, study_row

SPECS = [run_spec(seed=seed) for seed in range(2)]
PUBLISH = """
import sys
from pathlib import Path
from experiments.tracking.sync_process import publish
from experiments.store import open_store
sys.exit(publish(open_store(Path(sys.argv[1]), readonly=True), "small", until_input_ends=False))
"""


@pytest.fixture
def recorded(store: StoreWriter) -> StoreWriter:
    store.save_study(study_row(), [cell(spec) for spec in SPECS])
    finish(store, SPECS[0], curve=[[1, {"validation/accuracy": 0.6}], [2, {"validation/accuracy": 0.7}]])
    finish(store, SPECS[1], state="diverged", message="the loss is nan", curve=[])
    return store


def inspected(path: Path) -> list[dict[str, Any]]:
    """The records that `wandb leet inspect` reads from an offline run, one JSON object a line."""
    wandb = Path(sys.executable).with_name("wandb")
    done = subprocess.run([wandb, "leet", "inspect", "--json", path], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_an_offline_run_holds_its_place_description_curve_and_summary(recorded: StoreWriter) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PUBLISH, str(recorded.path)], capture_output=True, text=True, check=True
    )
    lines = done.stdout.splitlines()
    assert lines[0].startswith(f"W&B: offline in {recorded.path / 'wandb'}")
    assert "wandb login" in lines[0]
    assert lines[-1] == "W&B: 2 runs published"
    row = next(row for row in recorded.plan_rows("small") if row.key == SPECS[0].key)
    (folder,) = (recorded.path / "wandb").glob(f"offline-run-*-{to_tracked_run(row).id}")
    records = inspected(folder)
    history = [one["history"]["item"] for one in records if one["type"] == "history"]
    assert [(step["epoch"], step["validation/accuracy"]) for step in history] == [(1, 0.6), (2, 0.7)]
    last = records[-1]
    assert (last["num"], last["type"], last["exit"]["exit_code"]) == (len(records), "exit", 0)
    text = json.dumps(records)
    for expected in (
        to_tracked_run(row).name,
        to_tracked_run(row).group,
        row.key,
        "0.75",
        "validation/accuracy",
    ):
        assert expected in text


def test_a_disabled_tracker_shows_nothing_and_leaves_nothing(
    recorded: StoreWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WANDB_MODE", "disabled")
    silent = create_tracker(recorded.path)
    assert isinstance(silent, NullTracker)
    before = sorted(path for path in recorded.path.rglob("*") if "offline-run" in path.name)
    Publisher(recorded, "small", silent).update()
    assert sorted(path for path in recorded.path.rglob("*") if "offline-run" in path.name) == before == []
