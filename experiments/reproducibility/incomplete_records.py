"""What only records, counts or draws must not end a run: its errors become a warning in the run's record."""

import errno
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from user_error import first_line

log = logging.getLogger(__name__)
OF_THE_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO)
"""Errors of the disk, which are not of the run: it can be done again when there is room."""


class IncompleteRecord(UserWarning):
    """Warns that something of a run was not recorded, or is not defined."""


@contextmanager
def leaving_out(what: str) -> Iterator[None]:
    """Leave `what` out of the record if the body raises: a warning names it and the error, whose traceback is logged.

    Errors of the disk pass, and so does what asks the process to end.
    """
    try:
        yield
    except Exception as error:
        if isinstance(error, OSError) and error.errno in OF_THE_DISK:
            raise
        log.warning("%s: not recorded", what, exc_info=True)
        warn_incomplete(f"{what}: not recorded ({type(error).__name__}: {first_line(error)})")


def warn_incomplete(text: str) -> None:
    """Warn that a record is incomplete, whatever filters of warnings a library has set."""
    with warnings.catch_warnings():
        warnings.simplefilter("always", IncompleteRecord)
        warnings.warn(text, IncompleteRecord, stacklevel=2)
