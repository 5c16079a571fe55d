"""The entry of a worker process: one piece of work, then the end. Talks to its supervisor over a pipe."""

import os
import signal
import traceback
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any

from . import stopping
from .dying import die_with_parent

Send = Callable[[str, Any], None]


def main(connection: Connection, work: str, payload: dict[str, Any], log: str | None) -> None:
    """Run `experiments.work.<work>(payload, send)`; the last message is done, refused, stopped or failed."""
    from . import tethered  # the fork server's own; to load it elsewhere ties that process

    die_with_parent(tethered.SERVER)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    stopping.on(signal.SIGTERM)
    with suppress(BrokenPipeError, ConnectionResetError):  # nobody is left to be told: the folder has it all
        connection.send(_outcome(work, payload, lambda kind, content: connection.send((kind, content)), log))
        connection.close()


def _outcome(work: str, payload: dict[str, Any], send: Send, log: str | None) -> tuple[str, Any]:
    from .. import work as pieces

    try:
        if log is not None:
            _write_to(log)
        return "done", getattr(pieces, work)(payload, send)
    except pieces.Interrupted as why:
        return "stopped", str(why)
    except ValueError as why:
        return "refused", str(why)
    except (BrokenPipeError, ConnectionResetError):
        raise
    except BaseException as error:
        traceback.print_exc()
        return "failed", (_is_memory(error), f"{type(error).__name__}: {error}".splitlines()[0])


def _is_memory(error: BaseException) -> bool:
    return (
        isinstance(error, MemoryError)
        or "out of memory" in str(error).lower()
        or "can't allocate" in str(error)
    )


def _write_to(log: str) -> None:
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(file, 1)
    os.dup2(file, 2)
    os.close(file)
