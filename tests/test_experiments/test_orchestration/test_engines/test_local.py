"""Real worker processes: their events, their limits, and what happens when they are killed."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from multiprocessing import forkserver
from pathlib import Path
from typing import Any

import pytest

from experiments.orchestration.engines.engine import Event
from experiments.orchestration.engines.local import LocalEngine
from experiments.store import run_folder
from tests.sources import ROOT
from tests.test_experiments.made import run_spec


@pytest.fixture(scope="module")
def engine() -> Iterator[LocalEngine]:
    """One engine for all: its fork server takes seconds to import what runs need."""
    engine = LocalEngine(slots=2)
    yield engine
    engine.kill()


def payload(folder: Path, cache: Path, **recipe: Any) -> dict[str, Any]:
    return {
        "spec": run_spec(**recipe).model_dump_json(),
        "folder": str(folder),
        "cache": str(cache),
        "keep_weights": False,
    }


def events_of(engine: LocalEngine, name: str, *, until: str = "") -> list[Event]:
    """The worker's events, up to its last one or the first of a kind."""
    events: list[Event] = []
    end = time.monotonic() + 120
    while (
        time.monotonic() < end and name in engine.names and not any(event.kind == until for event in events)
    ):
        events += [event for event in engine.wait(1) if event.name == name]
    return events


def pid_of(engine: LocalEngine, name: str) -> int:
    pid = engine._workers[name].process.pid
    assert pid is not None
    return pid


def test_a_run_sends_its_epochs_and_then_its_result(engine: LocalEngine, tmp_path: Path, cache: Path) -> None:
    engine.start("one", "train", payload(tmp_path, cache), log=tmp_path / "log.txt")
    assert engine.free == 1
    events = events_of(engine, "one")
    assert [event.kind for event in events] == ["epoch", "epoch", "done"]
    assert events[-1].content["state"] == "finished"
    assert run_folder.damage(tmp_path) is None
    assert (tmp_path / "log.txt").exists()
    assert (engine.free, engine.names) == (2, [])


def test_a_killed_worker_is_lost_and_its_signal_is_named(
    engine: LocalEngine, tmp_path: Path, cache: Path
) -> None:
    engine.start("one", "train", payload(tmp_path, cache, epochs=1000))
    events_of(engine, "one", until="epoch")
    os.kill(pid_of(engine, "one"), signal.SIGKILL)
    assert events_of(engine, "one")[-1] == ("one", "lost", "killed by signal 9")
    assert engine.names == []


def test_a_fork_server_that_dies_while_a_worker_starts_is_replaced(
    engine: LocalEngine, tmp_path: Path
) -> None:
    engine.start("one", "train", {})
    events_of(engine, "one")
    server = vars(forkserver)["_forkserver"]._forkserver_pid
    os.kill(server, signal.SIGSTOP)
    threading.Timer(0.5, os.kill, (server, signal.SIGKILL)).start()
    engine.start("two", "train", {}, log=tmp_path / "log.txt")
    (event,) = events_of(engine, "two")
    assert event == ("two", "failed", (False, "KeyError: 'spec'"))


def test_an_error_is_sent_with_its_type_and_its_traceback_is_in_the_log(
    engine: LocalEngine, tmp_path: Path
) -> None:
    engine.start("one", "train", {}, log=tmp_path / "log.txt")
    (event,) = events_of(engine, "one")
    assert event == ("one", "failed", (False, "KeyError: 'spec'"))
    assert "Traceback" in (tmp_path / "log.txt").read_text()


def test_a_run_over_its_memory_limit_runs_out_of_memory(
    engine: LocalEngine, tmp_path: Path, cache: Path
) -> None:
    engine.start("one", "train", payload(tmp_path, cache), log=tmp_path / "log.txt", memory=24 * 2**20)
    last = events_of(engine, "one")[-1]
    assert (last.kind, last.content[0]) == ("failed", True), last
    engine.start("one", "train", payload(tmp_path, cache), log=tmp_path / "log.txt", memory=2 * 2**30)
    assert events_of(engine, "one")[-1].kind == "done"


def test_a_mistake_of_the_user_is_refused_with_its_message(
    engine: LocalEngine, tmp_path: Path, cache: Path
) -> None:
    engine.start("one", "train", payload(tmp_path, cache, batch_size=999), log=tmp_path / "log.txt")
    (event,) = events_of(engine, "one")
    assert event.kind == "refused"
    assert "recipe.batch_size" in event.content


def test_a_worker_that_is_asked_to_stop_saves_and_resumes_later(
    engine: LocalEngine, tmp_path: Path, cache: Path
) -> None:
    engine.start("one", "train", payload(tmp_path, cache, epochs=30))
    events_of(engine, "one", until="epoch")
    engine.ask_to_stop()
    last = events_of(engine, "one")[-1]
    assert last.kind == "stopped"
    assert (tmp_path / run_folder.CHECKPOINT).exists()
    engine.start("one", "train", payload(tmp_path, cache, epochs=30))
    events = events_of(engine, "one")
    assert events[-1].kind == "done"
    assert events[0].content[0] > 1
    assert [epoch for epoch, _ in events[-1].content["curve"]] == list(range(1, 31))


def test_a_worker_that_has_ended_already_may_be_asked_to_stop(engine: LocalEngine) -> None:
    engine.start("one", "train", {})
    pid = pid_of(engine, "one")
    end = time.monotonic() + 60
    while Path(f"/proc/{pid}").exists() and time.monotonic() < end:
        time.sleep(0.05)
    engine.ask_to_stop()  # as after Ctrl-C, before its last event is read
    assert events_of(engine, "one") == [("one", "failed", (False, "KeyError: 'spec'"))]


def test_all_workers_can_be_killed_at_once(engine: LocalEngine, tmp_path: Path, cache: Path) -> None:
    for name in ("one", "two"):
        engine.start(name, "train", payload(tmp_path / name, cache, epochs=1000))
    pids = [pid_of(engine, name) for name in engine.names]
    engine.kill()
    assert engine.names == []
    end = time.monotonic() + 10
    while any(Path(f"/proc/{pid}").exists() for pid in pids) and time.monotonic() < end:
        time.sleep(0.05)
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)


def test_a_killed_fork_server_is_started_again(engine: LocalEngine, tmp_path: Path, cache: Path) -> None:
    engine.start("one", "train", payload(tmp_path, cache, epochs=1000))
    events_of(engine, "one", until="epoch")
    server = int(Path(f"/proc/{pid_of(engine, 'one')}/stat").read_text().rpartition(")")[2].split()[1])
    os.kill(server, signal.SIGKILL)
    assert events_of(engine, "one")[-1].kind == "lost"
    engine.start("two", "train", payload(tmp_path / "two", cache))
    assert events_of(engine, "two")[-1].kind == "done"


CRASH = """
import sys, time
from experiments.config.command_line.shell import run_command
from experiments.orchestration.engines.local import LocalEngine
sys.path.insert(0, {folder!r})

def command():
    engine = LocalEngine(slots=1, preload=("ends_at_import",))
    engine.start("one", "train", {{}})
    while True:
        for event in engine.wait(1):
            print(event.kind, event.content)
            return 0

sys.exit(run_command(command))
"""


@pytest.mark.parametrize("ends", ["os.kill(os.getpid(), 11)", "os._exit(3)"])
def test_a_library_that_ends_the_fork_server_is_one_line(ends: str, tmp_path: Path) -> None:
    (tmp_path / "ends_at_import.py").write_text(f"import os\n{ends}\n")
    command = [sys.executable, "-c", CRASH.format(folder=str(tmp_path))]
    environment = {**os.environ, "PYTHONPATH": f"{tmp_path}:{ROOT}"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=100)
    assert done.returncode == 2, done.stderr
    (line,) = done.stderr.splitlines()
    assert "the process that imports torch and timm for the workers ended 3 times while it started" in line
