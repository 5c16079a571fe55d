"""Running a program: Ctrl-C at any moment, and standard streams that are closed, full, unread or of few characters.

It imports next to nothing when it is imported, so that it is at work before the program's other imports.
"""

import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from types import FrameType

from .standard_streams import flush_streams, open_streams

INTERRUPTED = 130
CANNOT_WRITE = 2
"""Exit codes, as in `exit_codes`."""


def run_program(program: Callable[[], int]) -> int:
    """Run a program's main function and return its exit code.

    Ctrl-C is one word and exit code 130, also during imports. A standard output that cannot be written is one line, and
    exit code 2 in place of 0; a reader that has closed the pipe, such as `head`, is no error. Either way the program
    goes on to its end. A character that the terminal does not have is printed as an escape.
    """
    os.environ.setdefault(
        "PYDANTIC_ERRORS_INCLUDE_URL", "false"
    )  # web addresses of a library tell a user nothing
    output = open_streams()
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
    flush_streams()
    return CANNOT_WRITE if code == 0 and output.failed else code


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


def _print_error(text: str) -> None:
    with suppress(OSError):
        print(text, file=sys.stderr)
