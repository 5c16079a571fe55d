"""Ctrl-C, and two who start the same study at once."""

import os
import signal
from pathlib import Path

import pytest

from experiments.store import open_store
from tests.faults.suite import STUDY, Launch, compare, runs_ended

pytestmark = pytest.mark.slow


def test_after_ctrl_c_the_runs_at_work_are_saved_and_the_same_command_goes_on(
    tmp_path: Path, cache: Path, undisturbed: Path
) -> None:
    launch = Launch(tmp_path, cache)
    launch.until(lambda store: runs_ended(3)(store) and bool(launch.workers()))
    os.killpg(launch.process.pid, signal.SIGINT)  # as the terminal does: to everybody
    code, output = launch.ended()
    assert code == 130, output
    assert "the same command resumes the study" in output
    store = open_store(tmp_path, readonly=True)
    assert "running" not in store.counts(STUDY)
    assert "failed" not in store.counts(STUDY)
    store.close()
    assert launch.processes() == []
    code, output = Launch(tmp_path, cache).ended()
    assert code == 0, output
    account = compare(tmp_path, undisturbed)
    print(account)
    assert account == (0, 0, 0)


def test_a_termination_of_the_supervisor_alone_saves_the_runs_as_well(tmp_path: Path, cache: Path) -> None:
    launch = Launch(tmp_path, cache)
    launch.until(lambda store: runs_ended(1)(store) and bool(launch.workers()))
    launch.process.terminate()
    code, output = launch.ended()
    assert code == 143, output
    assert "the same command resumes the study" in output
    store = open_store(tmp_path, readonly=True)
    assert {"running", "failed"} & set(store.counts(STUDY)) == set()
    store.close()
    assert launch.processes() == []


def test_of_two_launchers_one_waits_and_nothing_runs_twice(
    tmp_path: Path, cache: Path, undisturbed: Path
) -> None:
    first = Launch(tmp_path, cache)
    second = Launch(tmp_path, cache)
    outcomes = [launch.ended() for launch in (first, second)]
    assert [code for code, _ in outcomes] == [0, 0], outcomes
    waited = [output for _, output in outcomes if "is at work (process" in output]
    assert len(waited) == 1
    account = compare(tmp_path, undisturbed)
    print(account)
    assert account == (0, 0, 0)
