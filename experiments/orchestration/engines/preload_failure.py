"""The failed import of a fork server: noted there, and told by every worker instead of its job's outcome."""

import linecache
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from user_error import first_line

from ...config.paths import ROOT

failure: str | None = None
"""What could not be imported, where and why; None if nothing failed."""


@contextmanager
def noting_failure() -> Iterator[None]:
    """Note an exception of the imports in the body instead of raising it: the fork server must live to tell it."""
    global failure
    try:
        yield
    except BaseException as error:  # a library may end with anything, SystemExit included
        failure = _describe(error)


def _describe(error: BaseException) -> str:
    """Name the last import statement of ours that the exception went through, and the exception."""
    ours = [frame for frame in traceback.extract_tb(error.__traceback__) if _is_ours(frame.filename)]
    statement, place = "", ""
    if ours:
        path, line = ours[-1].filename, ours[-1].lineno or 0
        statement = f"`{linecache.getline(path, line).strip()}` fails"
        place = f" ({path.removeprefix(str(ROOT)).lstrip('/')}, line {line})"
    return f"{statement or 'an import fails'}{place}: {type(error).__name__}: {first_line(error)}"


def _is_ours(path: str) -> bool:
    return path.startswith(str(ROOT)) and "site-packages" not in path and path != __file__
