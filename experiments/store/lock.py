"""File locks that the kernel releases however their holder dies. One supervisor a store, one publisher a store."""

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
def hold_lock(path: Path, *, waiting: Callable[[str], None] = lambda who: None) -> Iterator[None]:
    """Hold the lock file in the body. While another holds it, call `waiting(who)` about every second."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8") as file:
        while not _try_lock(file):
            waiting(_describe_holder(path))
            time.sleep(1)
        file.truncate(0)
        file.write(json.dumps({"pid": os.getpid(), "since": now()}))
        file.flush()
        yield


def lock_holder(path: Path) -> str | None:
    """Who holds the lock file now ('process 123, since ...'), or None."""
    if not path.exists():
        return None
    with path.open("r", encoding="utf-8") as file:
        return None if _try_lock(file, fcntl.LOCK_SH) else _describe_holder(path)


def _try_lock(file: IO[str], kind: int = fcntl.LOCK_EX) -> bool:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _describe_holder(path: Path) -> str:
    try:
        who = json.loads(path.read_text(encoding="utf-8"))
        return f"process {who['pid']}, since {who['since']}"
    except (ValueError, KeyError):  # it is just being written
        return "another process"
