"""The publishing process reports where and how much it publishes; its failures do not affect the study."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from experiments.store import StoreWriter
from experiments.tracking import sync_process
from experiments.tracking.sync_process import publish, sync_in_background
from tests.sources import ROOT
from tests.test_experiments.made import cell, finish, run_spec, study_row
from user_error import UserError

SPECS = [run_spec(seed=seed) for seed in range(2)]


@pytest.fixture
def recorded(store: StoreWriter) -> StoreWriter:
    """A study with two finished runs."""
    store.save_study(study_row(), [cell(spec) for spec in SPECS])
    for spec in SPECS:
        finish(store, spec)
    return store


def replaced(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    """Start a process that runs `code` in place of the command."""
    start = subprocess.Popen

    def popen(command: tuple[str, ...], **options: Any) -> Any:
        assert command[1:4] == ("-m", "experiments", "sync")
        return start((sys.executable, "-c", code), **options)

    monkeypatch.setattr(subprocess, "Popen", popen)


def test_what_was_not_shown_is_not_noted_and_shown_later(
    recorded: StoreWriter, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WANDB_MODE", "disabled")
    assert publish(recorded, "small", until_input_ends=False) == 0
    assert capsys.readouterr().out.splitlines() == [
        "W&B: off (WANDB_MODE=disabled)",
        "W&B: nothing published (`python -m experiments sync small` does it once W&B is on)",
    ]
    assert not (recorded.path / "wandb").exists()
    monkeypatch.setenv("WANDB_MODE", "offline")
    shown: list[str] = []
    for _ in range(2):
        with sync_in_background(recorded.path, "small", notify=shown.append):
            pass
    assert shown[1::2] == ["W&B: 2 runs published", "W&B: 0 runs published"]
    assert len(list((recorded.path / "wandb").glob("offline-run-*"))) == 2


def test_wandb_may_be_switched_off_by_its_own_command(recorded: StoreWriter, tmp_path: Path) -> None:
    """`wandb disabled` writes its mode into a file of the folder where it is called."""
    wandb = Path(sys.executable).with_name("wandb")
    variables = {name: text for name, text in os.environ.items() if name != "WANDB_MODE"} | {
        "HOME": str(tmp_path)
    }
    variables["PYTHONPATH"] = str(ROOT)
    subprocess.run([wandb, "disabled"], cwd=tmp_path, env=variables, check=True, capture_output=True)
    command = [sys.executable, "-m", "experiments", "sync", "small", "--store", str(recorded.path)]
    done = subprocess.run(command, cwd=tmp_path, env=variables, capture_output=True, text=True)
    assert done.stdout.splitlines()[0] == "W&B: off (`wandb disabled`)"
    assert list((recorded.path / "wandb").glob("published/*")) == []


def test_a_study_that_runs_without_wandb_says_that_nothing_is_published(
    recorded: StoreWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WANDB_MODE", "disabled")
    shown: list[str] = []
    with sync_in_background(recorded.path, "small", notify=shown.append):
        pass
    assert shown[0] == "W&B: off (WANDB_MODE=disabled)"
    assert shown[1].startswith("W&B: nothing published")
    assert list((recorded.path / "wandb").glob("published/*")) == []


def test_first_and_last_line_of_the_process_are_shown(
    recorded: StoreWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    replaced(
        monkeypatch, "import sys; print('where', flush=True); sys.stdin.read(); print('some'); print('all')"
    )
    shown: list[str] = []
    with sync_in_background(recorded.path, "small", notify=shown.append):
        assert shown == ["where"]
    assert shown == ["where", "all"]


def test_stop_signals_do_not_end_the_process_before_its_input_ends(
    recorded: StoreWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = (
        "import os, signal, sys\n"
        "for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP): os.kill(os.getpid(), number)\n"
        "print('where', flush=True); sys.stdin.read(); print('all')"
    )
    replaced(monkeypatch, code)
    shown: list[str] = []
    with sync_in_background(recorded.path, "small", notify=shown.append):
        pass
    assert shown == ["where", "all"]


def test_a_process_that_dies_at_once_is_named_with_its_log(
    recorded: StoreWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    replaced(monkeypatch, "import sys; print('no account', file=sys.stderr); sys.exit(1)")
    shown: list[str] = []
    with sync_in_background(recorded.path, "small", notify=shown.append):
        pass
    log = recorded.path / "wandb" / "follower.log"
    assert shown == [
        f"W&B: not available (see {log}); runs are recorded all the same",
        "W&B: not everything is published (`python -m experiments sync small` goes on)",
    ]
    assert log.read_text() == "no account\n"


def test_a_process_that_publishes_nothing_more_is_killed_after_the_time_limit(
    recorded: StoreWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sync_process, "STALL_TIMEOUT", 0.3)
    replaced(monkeypatch, "import time; print('where', flush=True); time.sleep(60)")
    shown: list[str] = []
    with sync_in_background(recorded.path, "small", notify=shown.append):
        pass
    assert shown[-1].startswith("W&B: not everything is published")


def test_an_interruption_of_the_body_ends_the_process_and_passes(
    recorded: StoreWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    replaced(monkeypatch, "import time; print('where', flush=True); time.sleep(60)")
    shown: list[str] = []
    with pytest.raises(KeyboardInterrupt), sync_in_background(recorded.path, "small", notify=shown.append):
        raise KeyboardInterrupt
    assert shown == ["where"]


def test_an_error_of_the_body_is_the_last_word(
    recorded: StoreWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    replaced(monkeypatch, "import time; print('where', flush=True); time.sleep(60)")
    shown: list[str] = []
    with pytest.raises(UserError), sync_in_background(recorded.path, "small", notify=shown.append):
        raise UserError("no graphics card")
    assert shown == ["where"]


def test_the_process_publishes_a_study_while_it_runs(recorded: StoreWriter, tmp_path: Path) -> None:
    shown: list[str] = []
    with sync_in_background(recorded.path, "small", notify=shown.append):
        pass
    assert shown[0].startswith("W&B: offline in ")
    assert shown[-1] == "W&B: 2 runs published"
