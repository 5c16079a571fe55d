"""Worker processes of this machine: a fork server that has imported everything, a fresh child for each piece."""

import multiprocessing
import os
import time
from collections.abc import Collection, Mapping, Sequence
from multiprocessing import connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import NamedTuple

from ...config.paths import ROOT
from .engine import Event
from .worker import main as worker_main

LAUNCHES = 4
PRELOAD = ("experiments.orchestration.preload",)


class _Worker(NamedTuple):
    process: ForkServerProcess
    connection: connection.Connection
    slot: int


class LocalEngine:
    """At most `slots` processes at once, each with one thread. `preload`: what the fork server imports for all."""

    def __init__(self, *, slots: int, preload: Sequence[str] = PRELOAD) -> None:
        self.slots = slots
        self._free_slots = list(range(slots))
        self._workers: dict[str, _Worker] = {}
        os.environ["OMP_NUM_THREADS"] = "1"  # before the fork server starts: libraries read it when they load
        os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["experiments.orchestration.engines.forkserver_guard", *preload])

    @property
    def free(self) -> int:
        return self.slots - len(self._workers)

    @property
    def names(self) -> list[str]:
        """What is being worked on."""
        return list(self._workers)

    def start(
        self,
        name: str,
        job: str,
        payload: Mapping[str, object],
        *,
        log: Path | None = None,
        memory: int | None = None,
    ) -> None:
        """Start a job (`worker.main`); its output goes to `log`. Call from the main thread.

        `memory`: bytes that it may allocate. The slot that has been free longest is in its payload as `slot`.
        """
        slot = self._free_slots.pop(0) if self._free_slots else self.slots  # a proposal needs none
        ours, theirs = self._context.Pipe(duplex=False)
        if log is not None:
            log.parent.mkdir(parents=True, exist_ok=True)
        arguments = (theirs, job, {**payload, "slot": slot}, None if log is None else str(log), memory)
        process = self._context.Process(target=worker_main, args=arguments, daemon=True)
        _start(process)
        theirs.close()
        self._workers[name] = _Worker(process, ours, slot)

    def wait(self, seconds: float) -> list[Event]:
        """The messages that are there, after at most so many seconds; a worker that said its last word is freed."""
        by_connection = {worker.connection: name for name, worker in self._workers.items()}
        ready = connection.wait(list(by_connection), timeout=seconds)
        return [event for one in by_connection if one in ready for event in self._read(by_connection[one])]

    def _read(self, name: str) -> list[Event]:
        worker = self._workers[name]
        events: list[Event] = []
        try:
            while worker.connection.poll():
                events.append(Event(name, *worker.connection.recv()))
        except (EOFError, OSError):
            pass
        else:
            if not events or not events[-1].last:
                return events
        if not events or not events[-1].last:
            events.append(Event(name, "lost", self._how_it_ended(worker.process)))
        self._free(name)
        return events

    def _how_it_ended(self, process: ForkServerProcess) -> str:
        process.join(timeout=5)
        if process.is_alive():
            process.kill()
            process.join()
        code = process.exitcode
        return f"killed by signal {-code}" if code is not None and code < 0 else f"exit code {code}"

    def _free(self, name: str) -> None:
        worker = self._workers.pop(name)
        if worker.slot < self.slots:
            self._free_slots.append(worker.slot)
        worker.process.join(timeout=10)
        worker.process.close() if not worker.process.is_alive() else worker.process.kill()
        worker.connection.close()

    def ask_to_stop(self, names: Collection[str] | None = None) -> None:
        """Have workers (all, or these) save and end; their last words still come through `wait`."""
        for name in self.names if names is None else names:
            process = self._workers[name].process
            if process.is_alive():  # one that has ended has a number that may be another's by now
                process.terminate()

    def kill(self, names: Collection[str] | None = None) -> None:
        """End workers (all, or these) at once; those that are named are lost, as `wait` will say."""
        for name in self.names if names is None else names:
            self._workers[name].process.kill()
            if names is None:
                self._free(name)


def _start(process: ForkServerProcess) -> None:
    """A fork server that dies while it is asked leaves no child; asked again, multiprocessing makes a new one."""
    for _ in range(LAUNCHES - 1):
        try:
            return process.start()
        except (EOFError, ConnectionError):
            time.sleep(0.5)  # until it can be waited for
    return process.start()
