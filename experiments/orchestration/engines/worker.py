"""The entry of a worker process: one job, then the end. Talks to its supervisor over a pipe."""

import errno
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

from user_error import UserError, describe_error, own_code_place

from . import preload_failure, stop_request
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
DISK_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.ESTALE, errno.ENOTCONN, errno.ENFILE)
"""A disk that is full, over its quota, read-only, failing or gone (of a network), and a machine with no more files."""
DISK_WORDS = (
    "no space left on device",
    "disk quota exceeded",
    "read-only file system",
    "input/output error",
    "no usable temporary directory",
)
"""The same in the words of libraries that raise an exception without the system's number."""
DISK_CLASSES = ("OSError", "RuntimeError", "SafetensorError")
"""Classes of such exceptions, by name (those of Python and tempfile, torch, safetensors)."""
LOG_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
Send = Callable[[str, Any], None]
"""send(kind, content)"""


class _SupervisorGone(BaseException):
    """Raised where nobody reads this worker's messages any more: the run's folder has all that is needed."""


def main(
    connection: Connection,
    requests: Connection,
    job: str,
    payload: dict[str, object],
    log: str | None,
    memory: int | None,
) -> None:
    """Run the job; the last message is done, refused, stopped, disk or failed.

    `job` names a function of `experiments.orchestration.jobs`, or `module:function`; `memory` (bytes) is what the
    process may allocate beyond what it starts with. A message on `requests` asks the job to save and end.
    """
    from . import forkserver_guard  # the fork server's own; to load it elsewhere ties that process

    die_with_parent(forkserver_guard.SERVER)
    stop_request.listen(requests, signal.SIGTERM)

    def send(kind: str, content: Any) -> None:
        try:
            connection.send((kind, content))
        except (BrokenPipeError, ConnectionResetError) as error:
            raise _SupervisorGone from error

    with suppress(_SupervisorGone):
        send(*_outcome(job, payload, send, log, memory))
        connection.close()


def _outcome(
    job: str, payload: dict[str, object], send: Send, log: str | None, memory: int | None
) -> tuple[str, Any]:
    if preload_failure.failure is not None:
        return "refused", f"the workers cannot start: {preload_failure.failure}"
    module, _, function = job.rpartition(":")
    jobs = importlib.import_module(module or JOBS)
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
        return ("disk" if _is_disk(why) else "refused"), str(why)
    except _SupervisorGone:
        raise
    except BaseException as error:
        with suppress(OSError):  # the log's disk may be full as well
            traceback.print_exc()
        return _failure(error, getattr(jobs, "UserErrorInTraining", ()), limited=memory is not None)


def _failure(error: BaseException, in_training: type | tuple[()], *, limited: bool) -> tuple[str, Any]:
    """Return the last message for an exception: the state of the machine's disk, or a failure of the run."""
    if _is_disk(error):
        return "disk", describe_error(error)
    cause = error.__cause__ or error if isinstance(error, in_training) else error
    return "failed", (_is_memory(error, limited=limited), describe_error(cause))


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
    return isinstance(error, MemoryError) or _has_words(error, words)


def _is_disk(error: BaseException) -> bool:
    """Whether the state of a disk is the reason, which is nobody's code: also as the cause of another exception.

    The system's number always tells it; words do not where the exception came from a user's own code.
    """
    chain = _with_causes(error)
    if any(isinstance(each, OSError) and each.errno in DISK_ERRORS for each in chain):
        return True
    return not any(own_code_place(each) for each in chain) and any(_tells_of_disk(each) for each in chain)


def _tells_of_disk(error: BaseException) -> bool:
    names = {each.__name__ for each in type(error).__mro__}
    return not names.isdisjoint(DISK_CLASSES) and _has_words(error, DISK_WORDS)


def _with_causes(error: BaseException) -> list[BaseException]:
    """Return the exception and its causes; one may be its own cause (`raise error from error`)."""
    chain: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and cause not in chain:
        chain.append(cause)
        cause = cause.__cause__
    return chain


def _has_words(error: BaseException, words: tuple[str, ...]) -> bool:
    return any(word in describe_error(error).lower() for word in words)


def _write_to(log: str) -> None:
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(file, 1)
    os.dup2(file, 2)
    os.close(file)
