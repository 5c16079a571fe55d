"""What a name and options mean: parsing, defaults, the canonical form that keys are made of, effective widths."""

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any, cast

from torch import nn

from user_error import UserError

from .catalog import Entry, find
from .options import MinHidden, Option, Reduction, Scalar, check, convert, hidden_width, read


def identity(name: str, options: Mapping[str, Scalar]) -> str:
    """What a fresh module does at these options: "exact", "approximate" or "none"."""
    return identity_of(find(name), options)


def identity_of(entry: Entry, options: Mapping[str, Scalar]) -> str:
    """The same for an entry that need not be in the catalogue."""
    values = check(entry.make, options, name=entry.name)
    starts = cast(Any, getattr(entry.make, "starts_as_identity", None))
    as_identity = starts(**values) if starts else values.get("start", "identity") == "identity"
    return entry.identity if as_identity else "none"


def parse(text: str) -> tuple[str, dict[str, Scalar]]:
    """'cbam:reduction=8,kernel_size=7' -> ('cbam', {'reduction': 8, 'kernel_size': 7}), checked."""
    name, _, rest = text.strip().partition(":")
    entry = find(name.strip())
    known, options = read(entry.make), {}
    for part in filter(None, (p.strip() for p in rest.split(","))):
        key, equals, value = (piece.strip() for piece in part.partition("="))
        if not equals:
            raise UserError(f"{text!r}: {part!r} is not of the form option=value")
        if key in options:
            raise UserError(f"{text!r}: {key} is given twice")
        options[key] = convert(value, known[key]) if key in known else value
    check(entry.make, options, name=entry.name)
    return entry.name, options


def effective(name: str, options: Mapping[str, Scalar], channels: int = 64) -> dict[str, Scalar]:
    """What the options come to at this width, such as {"hidden": 8}; {} where nothing is derived."""
    make = find(name).make
    return _effective(make, check(make, options, name=name), channels)


def _effective(make: type[nn.Module], options: Mapping[str, Scalar], channels: int) -> dict[str, Scalar]:
    if hasattr(make, "effective"):
        derived: dict[str, Scalar] = cast(Any, make).effective(channels, **options)
        return derived
    widths = {"reduction", "min_hidden"}
    if not widths <= options.keys() or widths <= _inactive(make, options):
        return {}
    return {"hidden": hidden_width(channels, *_widths(options))}


def clamped(name: str, options: Mapping[str, Scalar], channels: int) -> bool:
    """Whether the hidden width is `min_hidden`, the map being narrower than the reduction asks for."""
    make = find(name).make
    values = check(make, options, name=name)
    if not effective(name, options, channels):
        return False
    reduction, least = (values.get(key) for key in ("reduction", "min_hidden"))
    return isinstance(reduction, int) and isinstance(least, int) and channels // reduction < least


def _widths(options: Mapping[str, Scalar]) -> tuple[int, int]:
    return cast(int, options["reduction"]), cast(int, options["min_hidden"])


def canonical(
    name: str, options: Mapping[str, Scalar], channels: Sequence[int] = (16, 32, 64)
) -> dict[str, Scalar]:
    """All options, checked; two spellings that build the same modules at all these widths give equal dicts.

    An option that does nothing beside the others takes its default. Options that act only through what they
    come to (reduction and min_hidden through the hidden width) take, of all values that come to the same,
    those with the most defaults among the secondary ones and then the first of their domains.
    """
    return canonical_of(find(name), options, channels)


def canonical_of(entry: Entry, options: Mapping[str, Scalar], channels: Sequence[int]) -> dict[str, Scalar]:
    """The same for an entry that need not be in the catalogue."""
    make, known = entry.make, read(entry.make)
    values = check(make, options, name=entry.name)
    for key in _inactive(make, values):
        values[key] = known[key].default
    derived = _derived(make, known)
    if not derived:
        return values
    wanted = [_effective(make, values, width) for width in channels]
    spellings = [{**values, **dict(zip(derived, choice, strict=True))} for choice in _choices(derived, known)]
    return next(s for s in spellings if [_effective(make, s, width) for width in channels] == wanted)


def _inactive(make: type[nn.Module], values: Mapping[str, Scalar]) -> set[str]:
    if not hasattr(make, "inactive"):
        return set()
    names: set[str] = cast(Any, make).inactive(**values)
    return names


def _derived(make: type[nn.Module], known: Mapping[str, Option]) -> tuple[str, ...]:
    """The options that act only through the effective values: the primary one first."""
    if hasattr(make, "derived"):
        names: tuple[str, ...] = cast(Any, make).derived
        return names
    return tuple(k for kind in (Reduction, MinHidden) for k, o in known.items() if isinstance(o.domain, kind))


def _choices(derived: Sequence[str], known: Mapping[str, Option]) -> list[tuple[Scalar, ...]]:
    """All combinations of the derived options; those with the secondary options at their defaults first."""
    choices = list(product(*(known[name].domain.values() or () for name in derived)))
    defaults = tuple(known[name].default for name in derived)
    return sorted(choices, key=lambda c: sum(a != b for a, b in zip(c[1:], defaults[1:], strict=True)))
