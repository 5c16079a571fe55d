"""What Python's libraries warned of while a run was made, for its record."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from .provenance import without_home

MOST, LONGEST = 20, 300


@contextmanager
def warned() -> Iterator[list[str]]:
    """Each warning's text once, at most 20 of them; all are shown as before, so they are in the log as well."""
    found: list[str] = []
    with warnings.catch_warnings():
        show = warnings.showwarning

        def keep(
            message: Warning | str, category: type[Warning], filename: str, lineno: int,
            file: TextIO | None = None, line: str | None = None,
        ) -> None:  # fmt: skip
            text = without_home(f"{category.__name__}: {' '.join(str(message).split())}")[:LONGEST]
            if text not in found and len(found) < MOST:
                found.append(text)
            show(message, category, filename, lineno, file, line)

        warnings.showwarning = keep
        yield found
