"""The process that publishes a study's records to W&B while it runs; its failure does not affect the study."""

import selectors
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ..config.command_line.stop_signals import stop_signals_blocked
from ..config.paths import ROOT
from ..store import StoreReader
from ..store.lock import PUBLISHER, hold_lock
from .publisher import NOTES_FOLDER, Publisher, publish_until
from .tracker import create_tracker, failures_as_user_errors, read_mode

GO_ON = "python -m experiments sync {}"

START_TIMEOUT = 30.0
"""Seconds within which the process must say where it publishes."""
STALL_TIMEOUT = 20.0
"""Seconds without a newly published run after which the study no longer waits for the process."""


def publish(records: StoreReader, study: str, *, until_input_ends: bool) -> int:
    """Publish a study and print where, and how many runs; return the exit code.

    until_input_ends: go on until standard input ends; otherwise publish what is recorded now.
    Raises UserError if W&B fails; what it had shown completely is noted and not published again.
    """
    mode = read_mode()
    tracker = None if mode == "disabled" else create_tracker(records.path, mode)
    if tracker is None:
        print(f"W&B: off ({'WANDB_MODE=disabled' if mode else '`wandb disabled`'})", flush=True)
        print(f"W&B: nothing published (`{GO_ON.format(study)}` does it once W&B is on)")
        return 0
    print(f"W&B: {tracker.location}", flush=True)
    is_over = _watch_input() if until_input_ends else lambda: True
    with (
        hold_lock(records.path / "wandb" / PUBLISHER),
        failures_as_user_errors(hint=f"what is not published yet, `{GO_ON.format(study)}` publishes"),
    ):
        publisher = Publisher(records, study, tracker)
        publish_until(publisher, is_over=is_over)
    print(f"W&B: {publisher.published} runs published")
    return 0


def _watch_input() -> Callable[[], bool]:
    """Return a function that says whether standard input has ended, without blocking."""
    ended = threading.Event()

    def read() -> None:
        sys.stdin.read()
        ended.set()

    threading.Thread(target=read, daemon=True).start()
    return lambda: ended.wait(0)


@contextmanager
def sync_in_background(store: Path, study: str, *, notify: Callable[[str], None]) -> Iterator[None]:
    """Run a process that publishes the study's records while the context is open; wait for it at the end.

    notify: shows a line to the user. The wait ends when the process has published nothing for STALL_TIMEOUT seconds.
    """
    log = store / "wandb" / "follower.log"
    process = _start(store, study, log)
    notify(_first_line(process) or f"W&B: not available (see {log}); runs are recorded all the same")
    try:
        yield
    except BaseException:  # do not wait: the next run, or `sync`, publishes the rest
        process.kill()
        process.communicate()
        raise
    notify(
        _last_line(process, store / "wandb" / NOTES_FOLDER)
        or f"W&B: not everything is published (`{GO_ON.format(study)}` goes on)"
    )


def _start(store: Path, study: str, log: Path) -> "subprocess.Popen[str]":
    """Start `sync --follow` in a session of its own, with its errors in `log`.

    Signals that stop a study (a batch system sends them to every session) do not reach it: it ends with its input.
    """
    command = (
        sys.executable,
        "-m",
        "experiments",
        "sync",
        study,
        "--follow",
        "--store",
        str(store.absolute()),
    )
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as errors, stop_signals_blocked():
        return subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            cwd=ROOT,
            start_new_session=True,
        )


def _first_line(process: "subprocess.Popen[str]") -> str:
    """Wait for the process's first line; an empty text after START_TIMEOUT seconds."""
    assert process.stdout is not None
    with selectors.DefaultSelector() as ready:
        ready.register(process.stdout, selectors.EVENT_READ)
        return process.stdout.readline().strip() if ready.select(START_TIMEOUT) else ""


def _last_line(process: "subprocess.Popen[str]", notes: Path) -> str:
    """Wait for the process's last line; an empty text if it had to be killed because it published nothing more."""
    assert process.stdin is not None
    assert process.stdout is not None
    with suppress(BrokenPipeError):
        process.stdin.close()
    published, last_change = -1, time.monotonic()
    while process.poll() is None:
        count = len(list(notes.glob("*.json")))
        if count != published:
            published, last_change = count, time.monotonic()
        if time.monotonic() - last_change > STALL_TIMEOUT:
            process.kill()
            process.wait()
        time.sleep(0.1)
    with process.stdout as output:
        lines = output.read().strip().splitlines()
    return lines[-1] if lines else ""
