"""A user's own modules, from a file outside the repository.

Every public class of the file that is a torch module and takes the channels first, under one of their usual names, is
added to the catalog under its name in snake case. Its options are its keyword-only arguments, as in a built-in module,
and others that declare a domain; the rest keep their defaults. A class that other classes of the file use, or that
does not fit, is left out without disturbing the others. The catalog's other fields are class attributes here, all
optional: kind ("gate"), paper, year, identity ("none"), exemptions ({}).

    class MyGate(nn.Module):
        '''Scale each channel by its mean. x_BCHW -> BCHW.'''
        identity = "exact"
        def __init__(self, channels: int, *, gain: Annotated[float, LogRange(0.1, 10)] = 1.0) -> None: ...
        def forward(self, x_BCHW: Tensor) -> Tensor: ...
        def macs(self, height: int, width: int) -> int: ...

`channels_as` in the file names the argument that takes the channels, of every class or by class: a text or a dict.
"""

import inspect
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from types import CodeType, ModuleType
from typing import Any

from torch import nn

from user_error import UserError, nearest

from .catalog import CATALOG, IDENTITIES, KINDS, UNFIT, Entry, register
from .contracts.table import CONTRACTS
from .own_code import execute_source
from .own_signature import (
    adapt,
    advise_channels,
    check_channels_as,
    find_channels,
    needs_no_channels,
    read_constructor,
    read_parameters,
)

CLASS_ATTRIBUTES: dict[str, tuple[type, tuple[str, ...]]] = {
    "kind": (str, KINDS),
    "identity": (str, IDENTITIES),
    "paper": (str, ()),
    "year": (int, ()),
    "exemptions": (Mapping, ()),
}
"""The class attributes that are read: the type of each, and the allowed words if there are any."""
BUILT_IN = frozenset(CATALOG)


def load_source(source: str, title: str) -> tuple[str, ...]:
    """Add the modules of a file's text to the catalog; return their names. `title` names the file in errors.

    The same text twice gives the same modules. Classes that do not fit are entered in `UNFIT`, with the reason.
    Raises UserError, in one line, for a text that does not run or defines no suitable module.
    """
    module = execute_source(source, title)
    classes = {cls.__name__: cls for cls in _public_modules(module)}
    named = vars(module).get("channels_as", "")
    check_channels_as(named, title, classes)
    helpers = _find_helpers(list(classes.values()))
    entries, problems = list[Entry](), dict[str, UserError]()
    for cls in classes.values():
        channels = find_channels(cls, named)
        if not channels and (cls in helpers or not needs_no_channels(cls)):
            continue
        try:
            entries.append(_make_entry(cls, channels, source, title))
        except UserError as error:
            problems[cls.__name__] = error
    joining = [entry for entry in entries if entry.name not in BUILT_IN or entry.make not in helpers]
    if not joining:
        raise _explain_none(title, classes, problems, helpers, named)
    _register(joining, title)
    UNFIT.update({_snake_case(name): str(error) for name, error in problems.items()})
    return tuple(entry.name for entry in joining)


def _register(entries: Iterable[Entry], title: str) -> None:
    for entry in entries:
        try:
            register(entry)
        except UserError as error:
            name = entry.make.__name__
            hint = f", or add `class Own{name}({name}): pass` to the file" if entry.name in BUILT_IN else ""
            raise UserError(f"modules {title!r}: class {name}: {error}{hint}") from None


def _find_helpers(classes: list[type[nn.Module]]) -> set[type[nn.Module]]:
    """Return the classes that another class of the file is made from, or names in its code."""
    return {
        cls
        for cls in classes
        for other in classes
        if other is not cls and (cls in other.__mro__ or cls.__name__ in _names_in_code(other))
    }


def _names_in_code(cls: type) -> set[str]:
    """Return the names that a class's methods use, those of nested functions included."""
    functions = map(inspect.unwrap, vars(cls).values())
    codes: list[CodeType] = [each.__code__ for each in functions if inspect.isfunction(each)]
    names = set[str]()
    while codes:
        code = codes.pop()
        names |= set(code.co_names)
        codes += [constant for constant in code.co_consts if isinstance(constant, CodeType)]
    return names


@contextmanager
def register_modules(files: Iterable[tuple[str, str]]) -> Iterator[tuple[str, ...]]:
    """Add the modules of these (title, text) pairs to the catalog in the body of a `with`; restore it afterwards."""
    before, unfit = dict(CATALOG), dict(UNFIT)
    try:
        yield tuple(name for title, source in files for name in load_source(source, title))
    finally:
        CATALOG.clear()
        CATALOG.update(before)
        UNFIT.clear()
        UNFIT.update(unfit)


def _public_modules(module: ModuleType) -> Iterator[type[nn.Module]]:
    """Yield the public torch modules that the file itself defines."""
    for name, cls in vars(module).items():
        public = isinstance(cls, type) and issubclass(cls, nn.Module) and not name.startswith("_")
        if public and cls.__module__ == module.__name__:
            yield cls


def _explain_none(
    title: str,
    classes: Mapping[str, type[nn.Module]],
    problems: Mapping[str, UserError],
    helpers: set[type[nn.Module]],
    named: object,
) -> UserError:
    """Return why no class of a file joins: the mistake in one of them, or that none takes the channels."""
    main = [name for name in problems if classes[name] not in helpers]
    if problems:
        return problems[(main or list(problems))[-1]]
    signatures = {name: ", ".join(read_parameters(cls)) for name, cls in classes.items()}
    defined = f"; it defines {', '.join(f'{name}({given})' for name, given in signatures.items())}"
    advised = [cls for cls in classes.values() if cls not in helpers] or list(classes.values())
    hint = "".join(f"; {advise_channels(cls, title)}" for cls in advised[-2:])
    return UserError(
        f"modules {title!r}: no public torch module that takes `channels` first"
        f"{defined if signatures else ''}{hint}"
    )


def _snake_case(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def _make_entry(cls: type[nn.Module], channels: str, source: str, title: str) -> Entry:
    try:
        attributes = dict(_read_attributes(cls))
        constructor = read_constructor(cls, channels, attributes.get("kind", "gate"))
        for contract in attributes.get("exemptions", {}).keys() - CONTRACTS.keys():
            raise UserError(
                f"{cls.__name__}: exemptions: no contract {contract!r}{nearest(contract, CONTRACTS)}"
            )
    except UserError as error:
        raise UserError(f"modules {title!r}: {error}") from None
    make = adapt(cls, constructor, vars(sys.modules[cls.__module__]))
    defaults = {"make": make, "kind": "gate", "paper": "own", "year": 0, "identity": "none"}
    return Entry(name=_snake_case(cls.__name__), **{**defaults, **attributes, "source": source})


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
