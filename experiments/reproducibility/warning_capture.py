"""Warnings that libraries raise during a run, collected for its record."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from .incomplete_records import IncompleteRecord
from .provenance import without_home

MAX_WARNINGS, MAX_LENGTH = 20, 300
"""Warnings that are collected at most, and characters that are kept of each."""


@contextmanager
def capture_warnings() -> Iterator[list[str]]:
    """Collect each distinct warning raised in the context; all are still shown, so the log has them.

    At most 20, and all that say that a record is incomplete. Each is one line, 'UserWarning: text', with the home
    folder as ~.
    """
    captured: list[str] = []
    with warnings.catch_warnings():
        show = warnings.showwarning

        def record(
            message: Warning | str,
            category: type[Warning],
            filename: str,
            lineno: int,
            file: TextIO | None = None,
            line: str | None = None,
        ) -> None:
            text = without_home(f"{category.__name__}: {' '.join(str(message).split())}")[:MAX_LENGTH]
            is_wanted = len(captured) < MAX_WARNINGS or issubclass(category, IncompleteRecord)
            if text not in captured and is_wanted:
                captured.append(text)
            show(message, category, filename, lineno, file, line)

        warnings.showwarning = record
        yield captured
