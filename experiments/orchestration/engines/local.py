"""The local engine: a fork server that has imported torch and timm, and a fresh child process for each job."""

import multiprocessing
import os
import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from multiprocessing import connection, forkserver, resource_tracker
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import NamedTuple

from user_error import UserError

from ...config.command_line.stop_signals import stop_signals_blocked
from ...config.paths import ROOT
from .engine import Event
from .worker import main as worker_main

MAX_LAUNCHES = 3
PRELOAD = ("experiments.orchestration.preload",)


class _Worker(NamedTuple):
    process: ForkServerProcess
    connection: connection.Connection
    requests: connection.Connection
    """Where the worker is asked to stop."""
    slot: int


class LocalEngine:
    """Runs at most `slots` processes at once, each with one thread; the fork server imports the `preload` modules."""

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
        """The number of jobs that may start now."""
        return self.slots - len(self._workers)

    @property
    def names(self) -> list[str]:
        """The names of the running jobs."""
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
        """Start a job (see `worker.main`) from the main thread; its output goes to the file `log`.

        `memory` is the number of bytes that it may allocate. Its payload gets the number of a free worker slot as
        `worker`, the one that has been free longest.
        """
        slot = self._free_slots.pop(0) if self._free_slots else self.slots  # proposals run beside the slots
        ours, theirs = self._context.Pipe(duplex=False)
        heard, requests = self._context.Pipe(duplex=False)
        if log is not None:
            log.parent.mkdir(parents=True, exist_ok=True)
        arguments = (
            theirs,
            heard,
            job,
            {**payload, "worker": slot},
            None if log is None else str(log),
            memory,
        )
        process = self._context.Process(target=worker_main, args=arguments, daemon=True)
        _start(process)
        theirs.close()
        heard.close()
        self._workers[name] = _Worker(process, ours, requests, slot)

    def wait(self, seconds: float) -> list[Event]:
        """Return the events that have arrived, after at most `seconds`; a last event frees its worker's slot."""
        by_connection = {worker.connection: name for name, worker in self._workers.items()}
        ready = connection.wait(list(by_connection), timeout=seconds)
        return [
            event
            for pipe, name in by_connection.items()
            if pipe in ready
            for event in self._read_events(name)
        ]

    def _read_events(self, name: str) -> list[Event]:
        worker = self._workers[name]
        events: list[Event] = []
        try:
            while worker.connection.poll():
                events.append(Event(name, *worker.connection.recv()))
        except (EOFError, OSError):
            pass
        else:
            if not events or not events[-1].is_last:
                return events
        if not events or not events[-1].is_last:
            events.append(Event(name, "lost", _exit_message(worker.process)))
        self._free(name)
        return events

    def _free(self, name: str) -> None:
        worker = self._workers.pop(name)
        if worker.slot < self.slots:
            self._free_slots.append(worker.slot)
        worker.process.join(timeout=10)
        worker.process.close() if not worker.process.is_alive() else worker.process.kill()
        worker.connection.close()
        worker.requests.close()

    def ask_to_stop(self, names: Collection[str] | None = None) -> None:
        """Ask jobs (all, or these) to save and end; `wait` still returns their last events."""
        for name in self.names if names is None else names:
            with suppress(BrokenPipeError):  # it has ended already
                self._workers[name].requests.send_bytes(b"stop")

    def kill(self, names: Collection[str] | None = None) -> None:
        """Kill jobs at once; with names, `wait` returns a `lost` event for each; without, all end without an event."""
        for name in self.names if names is None else names:
            self._workers[name].process.kill()
            if names is None:
                self._free(name)


def _start(process: ForkServerProcess) -> None:
    """Start the process; if the fork server dies meanwhile, start another one.

    Raises UserError if one after the other dies, as with a library that crashes while it is imported.
    """
    for _ in range(MAX_LAUNCHES):
        _ensure_fork_server()
        try:
            return process.start()
        except (EOFError, ConnectionError):
            time.sleep(0.5)  # until the dead server can be reaped
    raise UserError(
        f"the process that imports torch and timm for the workers ended {MAX_LAUNCHES} times while it started",
        hint=f"`python -c 'import {PRELOAD[0]}'` shows why",
    )


def _ensure_fork_server() -> None:
    """Start the fork server if there is none, with stop signals blocked until it ignores them itself."""
    with stop_signals_blocked():
        resource_tracker.ensure_running()  # unblocks some of them, so the fork server would start without
    with stop_signals_blocked():
        forkserver.ensure_running()


def _exit_message(process: ForkServerProcess) -> str:
    """Return how the process ended; one that does not end within 5 s is killed."""
    process.join(timeout=5)
    if process.is_alive():
        process.kill()
        process.join()
    code = process.exitcode
    return f"killed by signal {-code}" if code is not None and code < 0 else f"exit code {code}"
