"""`kill -9` at any moment: nothing lost, nothing run twice, the same bits."""

import json
import os
import random
import signal
import time
from pathlib import Path

import pytest

from experiments.store import open_store
from tests.faults.suite import STUDY, Launch, compare, running, runs_ended

pytestmark = pytest.mark.slow


def test_a_study_whose_process_group_is_killed_again_and_again_comes_to_the_same_bits(
    tmp_path: Path, cache: Path, undisturbed: Path
) -> None:
    chance = random.Random(6)
    for ended in (0, 4, 9, 15):
        launch = Launch(tmp_path, cache, wandb="offline")
        launch.until(runs_ended(ended) if ended else running)
        time.sleep(chance.uniform(0, 1))
        launch.kill()
    code, output = Launch(tmp_path, cache, wandb="offline").ended()
    assert code == 0, output
    account = compare(tmp_path, undisturbed)
    print(account)
    assert account == (0, 0, 0)
    assert unpublished(tmp_path) == []


def unpublished(path: Path) -> list[str]:
    """Cells that no whole offline W&B folder shows."""
    notes = [json.loads(note.read_bytes()) for note in (path / "wandb" / "published").glob("*.json")]
    shown = {note["version"].split()[0] for note in notes if (path / note["where"]).is_dir()}
    store = open_store(path, readonly=True)
    missing = [row.key for row in store.plan_rows(STUDY) if row.current and row.key not in shown]
    store.close()
    return missing


def test_killed_workers_and_a_killed_fork_server_cost_time_only(
    tmp_path: Path, cache: Path, undisturbed: Path
) -> None:
    launch = Launch(tmp_path, cache)
    killed = []
    for ended in (1, 3):
        launch.until(runs_ended(ended))
        launch.until(lambda store: bool(launch.workers()))
        for pid in launch.workers()[:1]:
            os.kill(pid, signal.SIGKILL)
            killed.append(pid)
    launch.until(lambda store: runs_ended(6)(store) and bool(launch.workers()))
    (server,) = launch.fork_servers()
    os.kill(server, signal.SIGKILL)
    code, output = launch.ended()
    assert code == 0, output
    assert killed
    assert "interrupted: killed by signal 9" in output
    account = compare(tmp_path, undisturbed)
    print(account)
    assert account == (0, 0, 0)


def test_nothing_lives_on_when_the_supervisor_is_killed(tmp_path: Path, cache: Path) -> None:
    launch = Launch(tmp_path, cache)
    launch.until(lambda store: bool(launch.workers()))
    assert len(launch.processes()) >= 3
    os.kill(launch.process.pid, signal.SIGKILL)
    launch.process.wait()
    end = time.monotonic() + 5
    while launch.processes() and time.monotonic() < end:
        time.sleep(0.1)
    assert launch.processes() == []
    launch.ended()
