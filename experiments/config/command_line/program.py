"""Running a program: Ctrl-C at any moment, and standard streams that are closed, full, unread or of few characters.

It imports nothing of ours when it is imported, so that it is at work before the program's other imports.
"""

import io
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import IO

INTERRUPTED = 130
CANNOT_WRITE = 2
"""Exit codes, as in `exit_codes`."""


def run_program(program: Callable[[], int]) -> int:
    """Run a program's main function and return its exit code.

    Ctrl-C is one word and exit code 130, also during imports. What cannot be written to standard output is one line and
    exit code 2; a reader that has closed the pipe, such as `head`, is no error. A character that the terminal does not
    have is printed as an escape.
    """
    os.environ.setdefault(
        "PYDANTIC_ERRORS_INCLUDE_URL", "false"
    )  # web addresses of a library tell a user nothing
    open_closed_streams()
    escape_unencodable()
    signal.signal(signal.SIGINT, interrupt)
    try:
        code = program()
    except SystemExit as stop:  # of the parser of arguments
        code = stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    except KeyboardInterrupt:
        code = INTERRUPTED
        _print_error("interrupted")
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # the code is decided; a repeated signal must not change it
    return _flush_streams(code)


def interrupt(number: int, frame: FrameType | None) -> None:
    """Raise KeyboardInterrupt; during an import, which may swallow it or turn it into another error, end at once."""
    if is_importing(frame):
        end_at_once(number)
    raise KeyboardInterrupt


def is_importing(frame: FrameType | None) -> bool:
    """Whether a frame is inside an import."""
    while frame is not None and not frame.f_code.co_filename.startswith("<frozen importlib"):
        frame = frame.f_back
    return frame is not None


def end_at_once(number: int) -> None:
    """End the process without any further step, as the signal with this number asks; its locks end with it."""
    os.write(2, b"interrupted\n")
    os._exit(128 + number)


def open_closed_streams() -> None:
    """Open the null device in place of each closed standard stream.

    Otherwise the next file that is opened, such as the table, would get its number and what is printed.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number, which is this one
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(number, "w" if number else "r", closefd=False))


def escape_unencodable() -> None:
    """Print characters that the terminal's encoding does not have as escapes, such as \\xe9, instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _flush_streams(code: int) -> int:
    """Write out what is buffered, so that the interpreter has nothing left to fail at; return the exit code.

    code: that of the program; unless it is 0, the program has said already what is wrong.
    """
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        discard(sys.stdout)
    except OSError as error:
        discard(sys.stdout)
        if code == 0:
            code = CANNOT_WRITE
            _print_error(f"error: standard output: {error.strerror}")
    try:
        sys.stderr.flush()
    except OSError:
        discard(sys.stderr)
    return code


def discard(stream: IO[str]) -> None:
    """Send everything that is still written to a standard stream to the null device."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, stream.fileno())
    os.close(null)


def _print_error(text: str) -> None:
    with suppress(OSError):
        print(text, file=sys.stderr)
