"""A user's own modules, from a file outside the repository.

Every public class of the file that is a torch module and takes `channels` first joins the catalogue, under its name in
snake case. Its options are its keyword-only arguments, like a built-in module's. What the catalogue says of a
built-in module are attributes here, all optional: kind ("gate"), paper, year, identity ("none"), exemptions ({}).

    class MyGate(nn.Module):
        '''Weigh each channel by its mean. x_BCHW -> BCHW.'''
        identity = "exact"
        def __init__(self, channels: int, *, gain: Annotated[float, LogRange(0.1, 10)] = 1.0) -> None: ...
        def forward(self, x_BCHW: Tensor) -> Tensor: ...
        def macs(self, height: int, width: int) -> int: ...
"""

import hashlib
import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from torch import nn

from .catalog import Entry, join
from .options import read


class Own(NamedTuple):
    """A file that joined: the names it brought, and its text, which belongs in the record of every run."""

    names: tuple[str, ...]
    source: str


def load(path: str | Path) -> Own:
    """Let the modules of this file join the catalogue; the same text twice is the same modules.

    Raises ValueError, in one line, for a file that is missing, does not run, or has nothing that can join.
    """
    path = Path(path)
    try:
        source = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"modules {str(path)!r}: cannot be read: {error}") from None
    return load_text(source, str(path))


def load_text(source: str, title: str) -> Own:
    """The same from a file's text, as a record keeps it; `title` names it in errors."""
    module = _run(source, title)
    entries = [_entry(cls, title) for cls in _classes(module)]
    if not entries:
        raise ValueError(f"modules {title!r}: no public torch module that takes `channels` first")
    for entry in entries:
        join(entry)
    return Own(tuple(entry.name for entry in entries), source)


def _run(source: str, title: str) -> ModuleType:
    """The text as a module of its own name, so that its classes can be pickled; run once for each text."""
    name = f"attention_own_{hashlib.sha256(source.encode()).hexdigest()[:12]}"
    if name in sys.modules:
        return sys.modules[name]
    module = ModuleType(name)
    sys.modules[name] = module
    try:
        exec(compile(source, title, "exec"), vars(module))
    except Exception as error:  # the user's code may raise anything
        del sys.modules[name]
        raise ValueError(
            f"modules {title!r}: {type(error).__name__}: {' '.join(str(error).split())}"
        ) from None
    return module


def _classes(module: ModuleType) -> Iterator[type[nn.Module]]:
    for name, cls in vars(module).items():
        if isinstance(cls, type) and issubclass(cls, nn.Module) and not name.startswith("_"):
            parameters = list(inspect.signature(cls).parameters)
            if cls.__module__ == module.__name__ and parameters[:1] == ["channels"]:
                yield cls


def _entry(cls: Any, title: str) -> Entry:
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", cls.__name__).lower()
    try:
        read(cls)
    except ValueError as error:
        raise ValueError(f"modules {title!r}: {error}") from None
    told = {
        key: vars(cls)[key] for key in ("kind", "paper", "year", "identity", "exemptions") if key in vars(cls)
    }
    return Entry(
        **{"name": name, "make": cls, "kind": "gate", "paper": "own", "year": 0, "identity": "none", **told}
    )
