"""The failed import of a fork server: noted there, and told by every worker instead of its job's outcome."""

import contextlib
import linecache
import sys
import sysconfig
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

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
    """Name the last import statement of ours that the exception went through, the file at fault, and the exception."""
    frames = [each for each in traceback.extract_tb(error.__traceback__) if _is_file(each.filename)]
    ours = [frame for frame in frames if _is_ours(frame.filename)]
    statement, places = "an import", []
    if ours:
        path, line = ours[-1].filename, ours[-1].lineno or 0
        statement = f"`{linecache.getline(path, line).strip()}`"
        places = [f"{path.removeprefix(str(ROOT)).lstrip('/')}, line {line}"]
    places += [text for text in [_find_hiding_file(error) or _find_raising_file(frames)] if text]
    where = f" ({'; '.join(places)})" if places else ""
    return f"{statement} fails{where}: {type(error).__name__}: {first_line(error)}"


def _find_hiding_file(error: BaseException) -> str:
    """Return 'timm is FILE' where a module lacks what a library has: a user's file of the same name may hide it."""
    if isinstance(error, AttributeError):
        module = error.obj
    elif isinstance(error, ModuleNotFoundError):
        module = sys.modules.get((error.name or "").rpartition(".")[0])
    else:
        module = sys.modules.get(error.name or "") if isinstance(error, ImportError) else None
    file = getattr(module, "__file__", None) if isinstance(module, ModuleType) else None
    return f"{module.__name__} is {file}" if isinstance(module, ModuleType) and file else ""


def _find_raising_file(frames: list[traceback.FrameSummary]) -> str:
    """Return 'in FILE, line N' of the last file that is not ours, outside the installed libraries if there is one."""
    foreign = [frame for frame in frames if not _is_ours(frame.filename)]
    own = [frame for frame in foreign if not _is_installed(frame.filename)]
    return next((f"in {frame.filename}, line {frame.lineno}" for frame in reversed(own or foreign)), "")


def _is_file(path: str) -> bool:
    return not path.startswith("<") and path not in (__file__, contextlib.__file__)


def _is_ours(path: str) -> bool:
    return path.startswith(f"{ROOT}/") and not _is_installed(path)


def _is_installed(path: str) -> bool:
    return "site-packages" in path or path.startswith(f"{sysconfig.get_path('stdlib')}/")
