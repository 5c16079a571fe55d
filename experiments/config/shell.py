"""Running a command: its exit code, one line for a user error, and a traceback file for an internal error."""

import logging
import os
import sys
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path

from user_error import UserError, first_line

from .exit_codes import DONE, INTERNAL_ERROR, INTERRUPTED, REFUSED


class JobFailed(Exception):
    """Raised when a job in another process had an internal error; the message names its log."""


def run_command(command: Callable[[], int], *, verbose: bool = False) -> int:
    """Run a command and return its exit code; every exception but SystemExit becomes one.

    verbose: log debug messages, and print the traceback of an internal error, to standard error.
    """
    logging.basicConfig(
        level=logging.DEBUG if verbose else logging.WARNING,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        stream=sys.stderr,
    )
    try:
        return command()
    except BrokenPipeError:  # the reader of the pipe, such as `head`, has closed it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except (UserError, OSError) as error:
        return _report_user_error(str(error))
    except JobFailed as error:
        _print_error(f"internal error: {error}")
        return INTERNAL_ERROR
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:
        return _report_internal_error(error, verbose=verbose)


def _report_user_error(text: str) -> int:
    _print_error(f"error: {text}")
    return REFUSED


def _report_internal_error(error: Exception, *, verbose: bool) -> int:
    log = write_traceback(error)
    if verbose:
        traceback.print_exception(error)
    _print_error(
        f"internal error: {type(error).__name__}: {first_line(error)} (a fault of this program, not yours;"
        f" please report it with {log})"
    )
    return INTERNAL_ERROR


def _print_error(text: str) -> None:
    """Print a message to standard error as one line."""
    print(" ".join(text.split()), file=sys.stderr)


def write_traceback(error: BaseException) -> Path:
    """Write the command and the traceback to a new file in the temporary folder; return its path."""
    handle, name = tempfile.mkstemp(prefix="attention-ablations-", suffix=".log")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        print("command:", *sys.argv, file=file)
        traceback.print_exception(error, file=file)
    return Path(name)
