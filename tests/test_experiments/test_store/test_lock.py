"""One process at a time holds a lock, and the kernel frees it however its holder dies."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from experiments.store.lock import hold_lock, lock_holder
from tests.sources import ROOT

HOLD = """
import sys, time
from pathlib import Path
from experiments.store.lock import hold_lock
with hold_lock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store" / "supervisor.lock"


@contextmanager
def held_elsewhere(path: Path) -> Iterator["subprocess.Popen[str]"]:
    """Another process holds the lock until its standard input ends."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process


def test_a_waiting_process_is_told_the_holder_and_continues_when_it_ends(path: Path) -> None:
    holders: list[str] = []
    with held_elsewhere(path) as first:

        def on_wait(holder: str) -> None:
            holders.append(holder)
            assert first.stdin is not None
            first.stdin.close()

        with hold_lock(path, on_wait=on_wait):
            assert first.wait(10) == 0
    assert holders[0].startswith(f"process {first.pid}, since 20")


def test_the_lock_of_a_killed_process_is_free_at_once(path: Path) -> None:
    with held_elsewhere(path) as first:
        assert str(lock_holder(path)).startswith(f"process {first.pid}, since 20")
        os.kill(first.pid, signal.SIGKILL)
        first.wait()
        assert lock_holder(path) is None
        with hold_lock(path, on_wait=pytest.fail):
            pass


def test_asking_who_holds_it_makes_and_takes_nothing(path: Path) -> None:
    assert lock_holder(path) is None
    assert not path.parent.exists()
    with hold_lock(path):
        pass
    assert lock_holder(path) is None
    with hold_lock(path, on_wait=pytest.fail):
        pass


@pytest.mark.parametrize("content", ["", "{", "{}"])
def test_a_holder_that_has_written_nothing_yet_is_another_process(path: Path, content: str) -> None:
    with held_elsewhere(path):
        path.write_text(content)
        assert lock_holder(path) == "another process"


def test_only_one_of_many_is_inside_at_a_time(path: Path) -> None:
    inside, most = 0, 0

    def hold() -> None:
        nonlocal inside, most
        with hold_lock(path):
            inside += 1
            most = max(most, inside)
            inside -= 1

    threads = [threading.Thread(target=hold) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert (inside, most) == (0, 1)
