"""Hundreds of runs under `kill -9`, many workers, and a frozen supervisor. The trainings are stubs."""

import os
import random
import signal
import subprocess
import time
from contextlib import closing, suppress
from pathlib import Path

import pytest

from experiments.store import open_store
from tests.faults import stubs, suite
from tests.faults.suite import Account

pytestmark = pytest.mark.slow
RUNS = 200
VICTIMS = random.Random(0)


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The store of the 200 runs, undisturbed."""
    path = tmp_path_factory.mktemp("calm")
    output, _ = stubs.launch(path, RUNS, workers=8).communicate(timeout=suite.PATIENCE)
    assert f"[{RUNS}/{RUNS}]" in output, output
    return path


def workers_of(process: "subprocess.Popen[str]") -> list[int]:
    """The processes that train now."""
    servers = [pid for pid in suite.children(process.pid) if b"forkserver" in suite.read(pid, "cmdline")]
    return [pid for server in servers for pid in suite.children(server)]


def someone(process: "subprocess.Popen[str]", path: Path) -> int | None:
    """A worker that trains, as soon as there is one; None once all is over."""
    while process.poll() is None:
        found = workers_of(process)
        if len(found) > 1 and trains(path):  # one alone may be the design's
            return VICTIMS.choice(found)
    return None


def trains(path: Path) -> bool:
    """Whether some run is recorded as at work."""
    try:
        with closing(open_store(path, readonly=True)) as store:
            return "running" in store.counts(stubs.NAME)
    except ValueError:  # it is just being made
        return False


def kill(pid: int) -> None:
    with suppress(ProcessLookupError):  # it has just ended
        os.kill(pid, signal.SIGKILL)


def test_two_hundred_runs_under_thirty_kills_are_each_done_once_and_the_same(
    tmp_path: Path, calm: Path
) -> None:
    chance = random.Random(1)
    kills = 0
    process = stubs.launch(tmp_path, RUNS, workers=8)
    while kills < 30:
        worker = someone(process, tmp_path)
        assert worker is not None, f"all was over after {kills} kills: {process.communicate()[0]}"
        time.sleep(chance.uniform(0, 0.08))
        kills += 1
        if kills % 10:
            kill(worker)
            continue
        os.killpg(process.pid, signal.SIGKILL)  # the supervisor and everything with it
        process.communicate()
        process = stubs.launch(tmp_path, RUNS, workers=8)
    output, _ = process.communicate(timeout=suite.PATIENCE)
    account = stubs.account(tmp_path, calm)
    print(f"kills={kills} {account}")
    assert account == Account(0, 0, 0), output
    executed, _ = stubs.executions(tmp_path)
    assert max(executed.values()) == 1


def test_five_hundred_runs_that_do_nothing_on_eight_workers_are_each_executed_once(tmp_path: Path) -> None:
    process = stubs.launch(tmp_path, 500, workers=8, seconds=1e-6)
    locked = 0
    while process.poll() is None:  # someone looks on all the while
        try:
            with closing(open_store(tmp_path, readonly=True)) as store:
                list(store.cells(stubs.NAME))
        except ValueError as error:
            locked += "locked" in str(error)
        time.sleep(0.05)
    output, _ = process.communicate()
    executed, slots = stubs.executions(tmp_path)
    fairness = max(slots.values()) / min(slots.values())
    print(f"executed={executed.total()} distinct={len(executed)} locked={locked} fairness={fairness:.2f}")
    assert (executed.total(), len(executed), len(slots)) == (500, 500, 8)
    assert locked == 0
    assert "locked" not in output
    assert fairness <= 5


def test_a_frozen_supervisor_that_goes_on_after_a_second_one_waited_loses_and_doubles_nothing(
    tmp_path: Path, calm: Path
) -> None:
    first = stubs.launch(tmp_path, RUNS, workers=8)
    assert someone(first, tmp_path) is not None
    os.kill(first.pid, signal.SIGSTOP)
    second = stubs.launch(tmp_path, RUNS, workers=8)
    time.sleep(4)
    assert second.poll() is None
    with closing(open_store(tmp_path, readonly=True)) as store:
        before = store.counts(stubs.NAME)
        time.sleep(1)
        assert store.counts(stubs.NAME) == before  # the lock is held by a frozen process, and still held
    os.kill(first.pid, signal.SIGCONT)
    outputs = [process.communicate(timeout=suite.PATIENCE)[0] for process in (first, second)]
    assert [process.returncode for process in (first, second)] == [0, 0], outputs
    assert "waiting" in outputs[1]
    account = stubs.account(tmp_path, calm)
    print(account)
    assert account == Account(0, 0, 0)
    assert max(stubs.executions(tmp_path)[0].values()) == 1
