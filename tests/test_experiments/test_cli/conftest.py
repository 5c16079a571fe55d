"""What the commands' tests share: their environment, a caller, and a store with one run."""

from pathlib import Path

import pytest

from experiments.store import StoreWriter, open_store
from tests.test_experiments.made import NOW, cell, finish, run_spec, study_row

from .commands import SPECS, Call


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
    """One data cache for all tests, and no W&B."""
    monkeypatch.setenv("ABLATION_CACHE", str(cache))
    monkeypatch.setenv("WANDB_MODE", "disabled")


@pytest.fixture
def call(capfd: pytest.CaptureFixture[str], deterministic: None) -> Call:
    """Calls a command: `call("plan", path)`."""
    return Call(capfd)


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    """A store with one finished run of the study `small`."""
    store = open_store(tmp_path / "recorded")
    store.save_study(study_row(), [cell(run_spec())])
    finish(store, run_spec())
    store.close()
    return tmp_path / "recorded"


@pytest.fixture
def begun(store: StoreWriter) -> StoreWriter:
    """Four runs: one finished, one failed, one running, one planned; and a finished trial."""
    trial = run_spec(seed=1000)
    store.save_study(study_row(), [cell(spec) for spec in SPECS] + [cell(trial, role="trial", trial=0)])
    finish(store, SPECS[0])
    store.start_attempt(SPECS[1].key, now=NOW)
    store.end_attempt(SPECS[1].key, "failed", now=NOW, message="why")
    store.start_attempt(SPECS[2].key, now=NOW)
    finish(store, trial)
    return store
