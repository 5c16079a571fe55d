"""One supervisor a store: a file lock that the kernel releases however its holder dies."""

import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

NAME = "supervisor.lock"


@contextmanager
def sole_supervisor(store: Path, *, now: str, waiting: Callable[[str], None]) -> Iterator[None]:
    """Hold the store's lock in the body. While another holds it, call `waiting(who)` about every second."""
    store.mkdir(parents=True, exist_ok=True)
    with (store / NAME).open("a+", encoding="utf-8") as file:
        while not _taken(file):
            waiting(holder(store) or "another supervisor")
            time.sleep(1)
        file.truncate(0)
        file.write(json.dumps({"pid": os.getpid(), "since": now}))
        file.flush()
        yield


def _taken(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def holder(store: Path) -> str | None:
    """Who holds the store's lock now ('process 123, since ...'), or None."""
    path = store / NAME
    if not path.exists():
        return None
    with path.open("r+", encoding="utf-8") as file:
        if _taken(file):
            return None
        try:
            who = json.loads(file.read())
        except ValueError:
            return "another supervisor"
    return f"process {who['pid']}, since {who['since']}"
