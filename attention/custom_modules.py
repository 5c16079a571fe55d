"""A user's own modules, from a file outside the repository.

Every public class of the file that is a torch module and takes `channels` first is added to the catalog, under its name
in snake case. Its options are its keyword-only arguments, as in a built-in module. The catalog's other fields are
class attributes here, all optional: kind ("gate"), paper, year, identity ("none"), exemptions ({}).

    class MyGate(nn.Module):
        '''Scale each channel by its mean. x_BCHW -> BCHW.'''
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
from types import ModuleType
from typing import Any

from torch import nn

from user_error import UserError, nearest

from .catalog import CATALOG, IDENTITIES, KINDS, Entry, register
from .contracts.check import error_line
from .contracts.table import CONTRACTS
from .options import read_options

CLASS_ATTRIBUTES: dict[str, tuple[type, tuple[str, ...]]] = {
    "kind": (str, KINDS),
    "identity": (str, IDENTITIES),
    "paper": (str, ()),
    "year": (int, ()),
    "exemptions": (Mapping, ()),
}
"""The class attributes that are read: the type of each, and the allowed words if there are any."""


def load_source(source: str, title: str) -> tuple[str, ...]:
    """Add the modules of a file's text to the catalog; return their names. `title` names the file in errors.

    The same text twice gives the same modules. Raises UserError, in one line, for a text that does not run or defines
    no suitable module.
    """
    module = _execute(source, title)
    entries = [_make_entry(cls, source, title) for cls in _candidate_classes(module)]
    if not entries:
        raise UserError(f"modules {title!r}: {_explain_none(module)}")
    for entry in entries:
        try:
            register(entry)
        except UserError as error:
            raise UserError(f"modules {title!r}: class {entry.make.__name__}: {error}") from None
    return tuple(entry.name for entry in entries)


@contextmanager
def register_modules(files: Iterable[tuple[str, str]]) -> Iterator[tuple[str, ...]]:
    """Add the modules of these (title, text) pairs to the catalog in the body of a `with`; restore it afterwards."""
    before = dict(CATALOG)
    try:
        yield tuple(name for title, source in files for name in load_source(source, title))
    finally:
        CATALOG.clear()
        CATALOG.update(before)


def _execute(source: str, title: str) -> ModuleType:
    """Execute the text as a module of its own name, so that its classes can be pickled; once per text."""
    name = f"attention_own_{hashlib.sha256(source.encode()).hexdigest()[:12]}"
    if name in sys.modules:
        return sys.modules[name]
    module = ModuleType(name)
    sys.modules[name] = module
    try:
        exec(compile(source, title, "exec", dont_inherit=True), vars(module))
    except (Exception, SystemExit) as error:  # the user's code may raise anything
        del sys.modules[name]
        raise UserError(f"modules {title!r}: {_describe_error(error)}") from None
    return module


def _describe_error(error: BaseException) -> str:
    hint = " (a module file cannot import other local files; packages that it imports must be installed)"
    return error_line(error) + (hint if isinstance(error, ModuleNotFoundError) else "")


def _public_modules(module: ModuleType) -> Iterator[type[nn.Module]]:
    """Yield the public torch modules that the file itself defines."""
    for name, cls in vars(module).items():
        public = isinstance(cls, type) and issubclass(cls, nn.Module) and not name.startswith("_")
        if public and cls.__module__ == module.__name__:
            yield cls


def _candidate_classes(module: ModuleType) -> Iterator[type[nn.Module]]:
    return (cls for cls in _public_modules(module) if next(iter(_parameters(cls)), "") == "channels")


def _parameters(cls: type) -> dict[str, inspect.Parameter]:
    return dict(inspect.signature(cls).parameters)


def _explain_none(module: ModuleType) -> str:
    signatures = [f"{cls.__name__}({', '.join(_parameters(cls))})" for cls in _public_modules(module)]
    defined = f"; it defines {', '.join(signatures)}" if signatures else ""
    return f"no public torch module that takes `channels` first{defined}"


def _make_entry(cls: Any, source: str, title: str) -> Entry:
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", cls.__name__).lower()
    try:
        _check_signature(cls)
        attributes = dict(_read_attributes(cls))
    except UserError as error:
        raise UserError(f"modules {title!r}: {error}") from None
    for contract in attributes.get("exemptions", {}).keys() - CONTRACTS.keys():
        raise UserError(
            f"modules {title!r}: {cls.__name__}: exemptions: no contract {contract!r}{nearest(contract, CONTRACTS)}"
        )
    defaults = {"name": name, "make": cls, "kind": "gate", "paper": "own", "year": 0, "identity": "none"}
    return Entry(**{**defaults, **attributes, "source": source})


def _check_signature(cls: type) -> None:
    """Raise UserError unless all options are keyword-only and have a domain: others could never be set."""
    for name, parameter in list(_parameters(cls).items())[1:]:
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            raise UserError(f"{cls.__name__}: {parameter} hides its options: declare each of them after `*`")
        if parameter.kind is not parameter.KEYWORD_ONLY and name != "context_channels":
            raise UserError(
                f"{cls.__name__}: option {name!r} must be keyword-only: write `channels, *, {name}: ...`"
            )
    try:
        read_options(cls)
    except NameError as error:
        raise UserError(f"{cls.__name__}: {error}") from None
    if getattr(cls, "forward", None) is nn.Module.forward:
        raise UserError(f"{cls.__name__}: it has no method forward(x)")


def _read_attributes(cls: type) -> Iterator[tuple[str, Any]]:
    """Yield the catalog fields that the class defines. Raises UserError for a value of the wrong type."""
    for key, (kind, words) in CLASS_ATTRIBUTES.items():
        if not hasattr(cls, key):
            continue
        value = getattr(cls, key)
        if not isinstance(value, kind) or (words and value not in words):
            expected = (
                nearest(str(value), words).removeprefix("; ")
                if words
                else f"it must be of type {kind.__name__}"
            )
            raise UserError(f"{cls.__name__}: {key}={value!r}: {expected}")
        yield key, value
