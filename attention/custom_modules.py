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
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from torch import nn

from user_error import UserError

from .catalog import CATALOG, IDENTITIES, KINDS, Entry, join
from .contracts.check import told
from .contracts.table import CONTRACTS
from .options import nearest, read

DESCRIBED: dict[str, tuple[type, tuple[str, ...]]] = {
    "kind": (str, KINDS),
    "identity": (str, IDENTITIES),
    "paper": (str, ()),
    "year": (int, ()),
    "exemptions": (Mapping, ()),
}
"""What a class may say of itself: the type, and the words to choose from where there is a choice."""


class Own(NamedTuple):
    """A file that joined: the names it brought, and its text, which belongs in the record of every run."""

    names: tuple[str, ...]
    source: str


def read_source(path: str | Path) -> str:
    """The file's text. Raises UserError, in one line, for a file that cannot be read."""
    try:
        return Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"modules {str(path)!r}: cannot be read: {error}") from None


def load(path: str | Path) -> Own:
    """Let the modules of this file join the catalogue; the same text twice is the same modules.

    Raises UserError, in one line, for a file that is missing, does not run, or has nothing that can join.
    """
    return load_text(read_source(path), str(path))


def load_text(source: str, title: str) -> Own:
    """The same from a file's text, as a record keeps it; `title` names it in errors."""
    module = _run(source, title)
    entries = [_entry(cls, source, title) for cls in _classes(module)]
    if not entries:
        raise UserError(f"modules {title!r}: {_why_none(module)}")
    for entry in entries:
        try:
            join(entry)
        except UserError as error:
            raise UserError(f"modules {title!r}: class {entry.make.__name__}: {error}") from None
    return Own(tuple(entry.name for entry in entries), source)


@contextmanager
def joined(files: Iterable[tuple[str, str]]) -> Iterator[tuple[str, ...]]:
    """In the body the modules of these (title, text) are in the catalogue; afterwards it is as it was."""
    before = dict(CATALOG)
    try:
        yield tuple(name for title, source in files for name in load_text(source, title).names)
    finally:
        CATALOG.clear()
        CATALOG.update(before)


def _run(source: str, title: str) -> ModuleType:
    """The text as a module of its own name, so that its classes can be pickled; run once for each text."""
    name = f"attention_own_{hashlib.sha256(source.encode()).hexdigest()[:12]}"
    if name in sys.modules:
        return sys.modules[name]
    module = ModuleType(name)
    sys.modules[name] = module
    try:
        exec(compile(source, title, "exec", dont_inherit=True), vars(module))
    except (Exception, SystemExit) as error:  # the user's code may raise anything
        del sys.modules[name]
        raise UserError(f"modules {title!r}: {_told(error)}") from None
    return module


def _told(error: BaseException) -> str:
    beside = " (own modules are one file; what it imports must be installed)"
    return told(error) + (beside if isinstance(error, ModuleNotFoundError) else "")


def _own_classes(module: ModuleType) -> Iterator[type[nn.Module]]:
    """The public torch modules that the file itself defines."""
    for name, cls in vars(module).items():
        public = isinstance(cls, type) and issubclass(cls, nn.Module) and not name.startswith("_")
        if public and cls.__module__ == module.__name__:
            yield cls


def _classes(module: ModuleType) -> Iterator[type[nn.Module]]:
    return (cls for cls in _own_classes(module) if next(iter(_parameters(cls)), "") == "channels")


def _parameters(cls: type) -> dict[str, inspect.Parameter]:
    return dict(inspect.signature(cls).parameters)


def _why_none(module: ModuleType) -> str:
    found = [f"{cls.__name__}({', '.join(_parameters(cls))})" for cls in _own_classes(module)]
    beside = f"; it has {', '.join(found)}" if found else ""
    return f"no public torch module that takes `channels` first{beside}"


def _entry(cls: Any, source: str, title: str) -> Entry:
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", cls.__name__).lower()
    try:
        _check_signature(cls)
        said = dict(_described(cls))
    except UserError as error:
        raise UserError(f"modules {title!r}: {error}") from None
    for contract in said.get("exemptions", {}).keys() - CONTRACTS.keys():
        raise UserError(
            f"modules {title!r}: {cls.__name__}: exemptions: no contract {contract!r}; {nearest(contract, CONTRACTS)}"
        )
    standing = {"name": name, "make": cls, "kind": "gate", "paper": "own", "year": 0, "identity": "none"}
    return Entry(**{**standing, **said, "source": source})


def _check_signature(cls: type) -> None:
    """Options are keyword-only with a domain; anything else would be an option that nobody can set."""
    for name, parameter in list(_parameters(cls).items())[1:]:
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            raise UserError(f"{cls.__name__}: {parameter} hides its options: name each after `*`")
        if parameter.kind is not parameter.KEYWORD_ONLY and name != "context_channels":
            raise UserError(
                f"{cls.__name__}: option {name!r} must be keyword-only: write `channels, *, {name}: ...`"
            )
    try:
        read(cls)
    except NameError as error:
        raise UserError(f"{cls.__name__}: {error}") from None
    if getattr(cls, "forward", None) is nn.Module.forward:
        raise UserError(f"{cls.__name__}: has no forward(x)")


def _described(cls: type) -> Iterator[tuple[str, Any]]:
    """What the class says of itself, checked."""
    for key, (kind, words) in DESCRIBED.items():
        if not hasattr(cls, key):
            continue
        value = getattr(cls, key)
        if not isinstance(value, kind) or (words and value not in words):
            wanted = nearest(str(value), words) if words else f"it takes {kind.__name__}"
            raise UserError(f"{cls.__name__}: {key}={value!r}: {wanted}")
        yield key, value
