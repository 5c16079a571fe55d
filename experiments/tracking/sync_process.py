"""The process beside the workers that shows the records in W&B; its failure costs nobody else anything."""

import selectors
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ..config.paths import ROOT
from ..store import StoreReader
from ..store.lock import PUBLISHER, hold_lock
from .publisher import NOTES_FOLDER, Publisher, publish_until
from .tracker import create_tracker

START_TIMEOUT = 30.0
STALL_TIMEOUT = 20.0
"""Seconds without a newly published run after which the study no longer waits for its follower."""


def publish(records: StoreReader, study: str, *, until_input_ends: bool) -> int:
    """Say where it is published, publish, and say how many runs were."""
    shown = create_tracker(records.path)
    print(f"W&B: {shown.where}", flush=True)
    over = _input_ended() if until_input_ends else lambda: True
    with hold_lock(records.path / "wandb" / PUBLISHER):
        publisher = Publisher(records, study, shown)
        publish_until(publisher, over=over)
    print(f"W&B: {publisher.published} runs published")
    return 0


def _input_ended() -> Callable[[], bool]:
    ended = threading.Event()

    def read() -> None:
        sys.stdin.read()
        ended.set()

    threading.Thread(target=read, daemon=True).start()
    return lambda: ended.wait(0)


@contextmanager
def sync_in_background(store: Path, study: str, *, said: Callable[[str], None]) -> Iterator[None]:
    """Have a process follow the study's records during the body; wait for it at the end, but not for ever."""
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
    log = store / "wandb" / "follower.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as errors:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            cwd=ROOT,
            start_new_session=True,
        )
    said(_first_line(process) or f"W&B: not available (see {log}); runs are recorded all the same")
    try:
        yield
    except KeyboardInterrupt:  # at once: the next run, or `sync`, publishes the rest
        process.kill()
        raise
    finally:
        said(
            _last_line(process, store / "wandb" / NOTES_FOLDER)
            or f"W&B: not everything is published (`python -m experiments sync {study}` goes on)"
        )


def _first_line(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    with selectors.DefaultSelector() as ready:
        ready.register(process.stdout, selectors.EVENT_READ)
        return process.stdout.readline().strip() if ready.select(START_TIMEOUT) else ""


def _last_line(process: "subprocess.Popen[str]", notes: Path) -> str:
    """What the follower says at its end; nothing where it stands still, which costs it its life and no run."""
    assert process.stdin is not None
    assert process.stdout is not None
    with suppress(BrokenPipeError):
        process.stdin.close()
    published, since = -1, time.monotonic()
    while process.poll() is None:
        count = len(list(notes.glob("*.json")))
        if count != published:
            published, since = count, time.monotonic()
        if time.monotonic() - since > STALL_TIMEOUT:
            process.kill()
            process.wait()
        time.sleep(0.1)
    with process.stdout as said:
        lines = said.read().strip().splitlines()
    return lines[-1] if lines else ""
