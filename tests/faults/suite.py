"""A small real study as a person starts it, and what became of its runs."""

import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from experiments.store import ENDED, HAS_RESULT, StoreReader, open_store, run_folder
from tests.sources import ROOT

STUDY = "smoke"
SMALL = {
    "seeds": "1",
    "dataset.options.train": "96",
    "dataset.options.validation": "32",
    "dataset.options.test": "32",
    "recipe.batch_size": "16",
    "recipe.shift": "1",
}
PATIENCE = 300.0
NUMBERS = ("state", "metrics", "validation", "per_class", "final_weights", "curve", "hashes")


class Account(NamedTuple):
    """What a disturbed store has against an undisturbed one."""

    lost: int
    """Runs that have not ended, or are not there."""
    doubled: int
    """Runs with more than one result. One killed three times in a launch has failed; the next launch tries it again."""
    differing: int
    """Runs whose numbers are not the same bits."""

    def __str__(self) -> str:
        return f"lost={self.lost} doubled={self.doubled} differing={self.differing}"


def command(store: Path, *options: str) -> list[str]:
    """The words that start the small study."""
    changes = [word for key, value in SMALL.items() for word in ("--set", f"{key}={value}")]
    words = [sys.executable, "-m", "experiments", "run", STUDY, "--store", str(store)]
    return [*words, *changes, *options]


class Launch:
    """One `python -m experiments run`, in a process group of its own; every process it leads to is marked."""

    def __init__(
        self, store: Path, cache: Path, *options: str, wandb: str = "disabled", **settings: Any
    ) -> None:
        self.store, self.mark = store, uuid.uuid4().hex
        environment = {
            **os.environ,
            "ABLATION_CACHE": str(cache),
            "WANDB_MODE": wandb,
            "FAULT_TEST": self.mark,
            "OMP_NUM_THREADS": "1",
        }
        self.process = subprocess.Popen(
            command(store, *options),
            cwd=ROOT,
            env=environment,
            start_new_session=True,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            **settings,
        )

    def until(self, reached: Callable[[StoreReader], bool]) -> None:
        """Wait until the records are so far, or the launch has ended."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and self.process.poll() is None:
            if (self.store / "store.sqlite").exists() and _asked(self.store, reached):
                return
            time.sleep(0.02)
        assert self.process.poll() is not None, "nothing came of it in time"

    def ended(self) -> tuple[int, str]:
        """Exit code and output, once all is over."""
        output, _ = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, output

    def kill(self) -> None:
        """SIGKILL to the whole process group, as `kill -9 -PGID` does."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.communicate(timeout=PATIENCE)

    def processes(self) -> list[int]:
        """Every living process that this launch led to, itself included."""
        return [
            pid for pid in _pids() if f"FAULT_TEST={self.mark}".encode() in read(pid, "environ").split(b"\0")
        ]

    def workers(self) -> list[int]:
        """The processes that train: children of the fork server."""
        return [pid for server in self.fork_servers() for pid in children(server) if pid in self.processes()]

    def fork_servers(self) -> list[int]:
        return [pid for pid in children(self.process.pid) if b"forkserver" in read(pid, "cmdline")]


def _asked(path: Path, reached: Callable[[StoreReader], bool]) -> bool:
    try:
        store = open_store(path, readonly=True)
    except ValueError:  # it is just being made
        return False
    try:
        return STUDY in store.studies() and reached(store)
    finally:
        store.close()


def _pids() -> list[int]:
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]


def read(pid: int, name: str) -> bytes:
    """A file of /proc for the process; empty once it is gone."""
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except OSError:
        return b""


def children(parent: int) -> list[int]:
    """The processes that it started and that live."""
    return [
        pid for pid in _pids() if read(pid, "stat").rpartition(b")")[2].split()[1:2] == [str(parent).encode()]
    ]


def runs_ended(count: int) -> Callable[[StoreReader], bool]:
    """That so many runs have ended."""
    return lambda store: sum(store.counts(STUDY).get(state, 0) for state in ENDED) >= count


def running(store: StoreReader) -> bool:
    """That something trains."""
    return store.counts(STUDY).get("running", 0) > 0


def cells(store: StoreReader) -> set[tuple[Any, ...]]:
    """The plan as far as it is known: where each run stands in the study."""
    return {
        (row.role, row.setting, row.arm, row.seed, row.trial, row.key)
        for row in store.plan_rows(STUDY)
        if row.current
    }


def compare(disturbed: Path, undisturbed: Path) -> Account:
    """Count what is lost, doubled or different; a run whose folder is damaged or without a result is lost."""
    ours, theirs = open_store(disturbed, readonly=True), open_store(undisturbed, readonly=True)
    keys = {row.key for row in theirs.plan_rows(STUDY)}
    assert _codes(ours) == _codes(theirs), "the code was edited while this test ran"
    lost = [key for key in keys if ours.state(key) != "finished" or run_folder.damage(ours.folder(key))]
    lost += [cell[-1] for cell in cells(theirs) ^ cells(ours)]
    doubled = [key for key in keys if sum(one.state in HAS_RESULT for one in ours.attempts(key)) > 1]
    differing = [key for key in keys if _numbers(ours, key) != _numbers(theirs, key)]
    account = Account(len(lost), len(doubled), len(differing))
    ours.close()
    theirs.close()
    return account


def _codes(store: StoreReader) -> set[str]:
    return {row.result.code for row in store.plan_rows(STUDY) if row.result is not None}


def _numbers(store: StoreReader, key: str) -> dict[str, Any]:
    result = store.result(key)
    return {name: getattr(result, name, None) for name in NUMBERS} | {"epochs": store.curve(key)}
