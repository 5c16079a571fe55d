"""The entry of a worker process: one job, then the end. Talks to its supervisor over a pipe."""

import importlib
import logging
import os
import resource
import signal
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from user_error import UserError, first_line, own_code_place

from . import stop_request
from .parent_death import die_with_parent

JOBS = "experiments.orchestration.jobs"
OUT_OF_MEMORY = (
    "out of memory",
    "can't allocate",
    "cannot allocate",
    "bad_alloc",
    "alloc_failed",
    "unable to find an engine to execute",  # cuDNN's words where no workspace was left
)
UNDER_A_LIMIT = ("could not create a primitive",)
"""oneDNN's only words for it, and for much else."""
LOG_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
Send = Callable[[str, Any], None]
"""send(kind, content)"""


def main(
    connection: Connection, job: str, payload: dict[str, object], log: str | None, memory: int | None
) -> None:
    """Run the job; the last message is done, refused, stopped or failed.

    `job` names a function of `experiments.orchestration.jobs`, or `module:function`; `memory` (bytes) is what the
    process may allocate beyond what it starts with.
    """
    from . import forkserver_guard  # the fork server's own; to load it elsewhere ties that process

    die_with_parent(forkserver_guard.SERVER)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    stop_request.listen(signal.SIGTERM)
    with suppress(BrokenPipeError, ConnectionResetError):  # the supervisor has ended; the folder has all
        outcome = _outcome(job, payload, lambda *message: connection.send(message), log, memory)
        connection.send(outcome)
        connection.close()


def _outcome(
    job: str, payload: dict[str, object], send: Send, log: str | None, memory: int | None
) -> tuple[str, Any]:
    module, _, function = job.rpartition(":")
    jobs = importlib.import_module(module or JOBS)
    in_training = getattr(jobs, "UserErrorInTraining", ())
    try:
        if log is not None:
            _write_to(log)
            logging.basicConfig(level=logging.INFO, format=LOG_FORMAT, stream=sys.stderr, force=True)
        if memory is not None:
            limit_memory(memory)
        return "done", getattr(jobs, function)(payload, send)
    except getattr(jobs, "Interrupted", ()) as why:
        return "stopped", str(why)
    except UserError as why:
        return "refused", str(why)
    except (BrokenPipeError, ConnectionResetError):
        raise
    except BaseException as error:
        traceback.print_exc()
        return "failed", (
            _is_memory(error, limited=memory is not None),
            _describe(error.__cause__ or error if isinstance(error, in_training) else error),
        )


def _describe(error: BaseException) -> str:
    place = own_code_place(error)
    return f"{type(error).__name__}: {first_line(error)}{f' ({place})' if place else ''}"


def limit_memory(more: int) -> None:
    """Let this process allocate so many bytes more (Linux: private memory; mapped files are not counted)."""
    limit = _count_allocated_bytes() + more
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))


def _count_allocated_bytes() -> int:
    """Bytes of private memory, as RLIMIT_DATA counts them."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmData"))


def _is_memory(error: BaseException, *, limited: bool) -> bool:
    words = OUT_OF_MEMORY + UNDER_A_LIMIT if limited else OUT_OF_MEMORY
    return isinstance(error, MemoryError) or any(word in str(error).lower() for word in words)


def _write_to(log: str) -> None:
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(file, 1)
    os.dup2(file, 2)
    os.close(file)
