"""Running a command: its exit code, one line for a user error, and a traceback file for an internal error."""

import logging
import os
import sys
import tempfile
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from user_error import UserError, first_line

from .exit_codes import INTERNAL_ERROR, INTERRUPTED, REFUSED
from .stop_signals import Stopped, handle_stop_signals, raise_stopped

PACKAGES = ("attention", "datasets", "experiments", "analysis")


class JobFailed(Exception):
    """Raised when a job in another process had an internal error; the message names its log."""


def run_command(command: Callable[[], int], *, verbose: bool = False) -> int:
    """Run a command and return its exit code; every exception but SystemExit becomes one.

    verbose: log debug messages, and print the traceback of an error, to standard error.
    """
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    for package in PACKAGES:  # not the libraries', whose messages would hide ours
        logging.getLogger(package).setLevel(logging.DEBUG if verbose else logging.WARNING)
    with handle_stop_signals(raise_stopped):  # also while an error is reported
        return _exit_code(command, verbose=verbose)


def _exit_code(command: Callable[[], int], *, verbose: bool) -> int:
    try:
        return command()
    except (UserError, OSError) as error:
        return _report_user_error(error, verbose=verbose)
    except JobFailed as error:
        _print_error(f"internal error: {error}")
        return INTERNAL_ERROR
    except KeyboardInterrupt as stop:
        _print_error("interrupted")
        return 128 + stop.number if isinstance(stop, Stopped) else INTERRUPTED
    except Exception as error:
        return _report_internal_error(error, verbose=verbose)


def _report_user_error(error: Exception, *, verbose: bool) -> int:
    if verbose:  # an OSError may be a fault of ours
        traceback.print_exception(error)
    _print_error(f"error: {error}")
    return REFUSED


def _report_internal_error(error: Exception, *, verbose: bool) -> int:
    log = write_traceback(error)
    if verbose:
        traceback.print_exception(error)
    _print_error(f"internal error: {describe_fault(f'{type(error).__name__}: {first_line(error)}', log)}")
    return INTERNAL_ERROR


def describe_fault(message: str, log: Path) -> str:
    """Return the message of an internal error, with the request to report it together with its log."""
    return f"{message} (a fault of this program, not yours; please report it with {log})"


def _print_error(text: str) -> None:
    """Print a message to standard error as one line, if it can still be written (not after its terminal closed)."""
    with suppress(OSError):
        print(" ".join(text.split()), file=sys.stderr)


def write_traceback(error: BaseException) -> Path:
    """Write the command and the traceback to a new file in the temporary folder; return its path."""
    handle, name = tempfile.mkstemp(prefix="attention-ablations-", suffix=".log")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        print("command:", *sys.argv, file=file)
        traceback.print_exception(error, file=file)
    return Path(name)
