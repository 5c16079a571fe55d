"""File locks: one supervisor and one publisher per store. The kernel releases them however their holder dies."""

import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from .rows import now

SUPERVISOR = "supervisor.lock"
PUBLISHER = "publisher.lock"


@contextmanager
def hold_lock(path: Path, *, on_wait: Callable[[str], None] = lambda holder: None) -> Iterator[None]:
    """Hold a lock file while the context is open, waiting for it first.

    on_wait: called about every second of the wait with a description of the holder; it may raise to give up.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8") as file:
        while not _try_lock(file):
            on_wait(_describe_holder(path))
            time.sleep(1)
        file.truncate(0)
        file.write(json.dumps({"pid": os.getpid(), "since": now()}))
        file.flush()
        yield


def lock_holder(path: Path) -> str | None:
    """Describe the process that holds a lock file ('process 123, since ...'); None if nobody does."""
    if not path.exists():
        return None
    with path.open("r", encoding="utf-8") as file:
        return None if _try_lock(file, fcntl.LOCK_SH) else _describe_holder(path)


def _try_lock(file: IO[str], kind: int = fcntl.LOCK_EX) -> bool:
    """Try to lock an open file without waiting; return whether it worked."""
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _describe_holder(path: Path) -> str:
    """Describe the holder by what it wrote into its lock file."""
    try:
        holder = json.loads(path.read_text(encoding="utf-8"))
        return f"process {holder['pid']}, since {holder['since']}"
    except (ValueError, KeyError):  # the holder is writing it at this moment
        return "another process"
