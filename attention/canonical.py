"""The meaning of a module's name and options: parsing, defaults, canonical form, effective values."""

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any, cast

from torch import nn

from user_error import UserError

from .catalog import Entry, find
from .options import (
    MinHidden,
    Option,
    Reduction,
    Scalar,
    check_options,
    hidden_width,
    parse_value,
    read_options,
)


def identity_start(name: str, options: Mapping[str, Scalar]) -> str:
    """Return how close to the identity a fresh module is at these options: "exact", "approximate" or "none"."""
    return entry_identity_start(find(name), options)


def entry_identity_start(entry: Entry, options: Mapping[str, Scalar]) -> str:
    """Return the same as `identity_start` for an entry that may be outside the catalog."""
    values = check_options(entry.make, options, name=entry.name)
    starts = cast(Any, getattr(entry.make, "starts_as_identity", None))
    as_identity = starts(**values) if starts else values.get("start", "identity") == "identity"
    return entry.identity if as_identity else "none"


def parse(text: str) -> tuple[str, dict[str, Scalar]]:
    """Parse 'cbam:reduction=8,kernel_size=7' into ('cbam', {'reduction': 8, 'kernel_size': 7}).

    Raises UserError for an unknown module or option, a value outside its domain, and an option named twice.
    """
    name, _, rest = text.strip().partition(":")
    entry = find(name.strip())
    known, options = read_options(entry.make), {}
    for part in filter(None, (p.strip() for p in rest.split(","))):
        key, equals, value = (piece.strip() for piece in part.partition("="))
        if not equals:
            raise UserError(f"{text!r}: {part!r} must have the form option=value")
        if key in options:
            raise UserError(f"{text!r}: option {key!r} appears twice")
        options[key] = parse_value(value, known[key]) if key in known else value
    check_options(entry.make, options, name=entry.name)
    return entry.name, options


def effective_values(name: str, options: Mapping[str, Scalar], channels: int = 64) -> dict[str, Scalar]:
    """Compute the values that take effect at this width, such as {"hidden": 8}; {} if nothing is derived."""
    make = find(name).make
    return _effective_values(make, check_options(make, options, name=name), channels)


def _effective_values(
    make: type[nn.Module], options: Mapping[str, Scalar], channels: int
) -> dict[str, Scalar]:
    if hasattr(make, "effective"):
        derived: dict[str, Scalar] = cast(Any, make).effective(channels, **options)
        return derived
    widths = {"reduction", "min_hidden"}
    if not widths <= options.keys() or widths <= _inactive_options(make, options):
        return {}
    return {"hidden": hidden_width(channels, *_widths(options))}


def is_hidden_width_clamped(name: str, options: Mapping[str, Scalar], channels: int) -> bool:
    """Tell whether the hidden width is `min_hidden` because channels // reduction would be smaller."""
    make = find(name).make
    values = check_options(make, options, name=name)
    if not effective_values(name, options, channels):
        return False
    reduction, min_hidden = (values.get(key) for key in ("reduction", "min_hidden"))
    return isinstance(reduction, int) and isinstance(min_hidden, int) and channels // reduction < min_hidden


def _widths(options: Mapping[str, Scalar]) -> tuple[int, int]:
    return cast(int, options["reduction"]), cast(int, options["min_hidden"])


def canonicalize(
    name: str, options: Mapping[str, Scalar], channels: Sequence[int] = (16, 32, 64)
) -> dict[str, Scalar]:
    """Return all options in canonical form: spellings that build the same module at all these widths give equal dicts.

    An option without effect takes its default. Options that act only through a derived value (reduction and
    min_hidden through the hidden width) take, of all values with the same result, those with the most defaults among
    the secondary options and then the first of their domains. Raises UserError as `parse` does.
    """
    return canonicalize_entry(find(name), options, channels)


def canonicalize_entry(
    entry: Entry, options: Mapping[str, Scalar], channels: Sequence[int]
) -> dict[str, Scalar]:
    """Return the same as `canonicalize` for an entry that may be outside the catalog."""
    make, known = entry.make, read_options(entry.make)
    values = check_options(make, options, name=entry.name)
    for key in _inactive_options(make, values):
        values[key] = known[key].default
    derived = _derived_options(make, known)
    if not derived:
        return values
    target = [_effective_values(make, values, width) for width in channels]
    spellings = [
        {**values, **dict(zip(derived, choice, strict=True))} for choice in _combinations(derived, known)
    ]
    return next(s for s in spellings if [_effective_values(make, s, width) for width in channels] == target)


def _inactive_options(make: type[nn.Module], values: Mapping[str, Scalar]) -> set[str]:
    if not hasattr(make, "inactive"):
        return set()
    inactive: set[str] = cast(Any, make).inactive(**values)
    return inactive


def _derived_options(make: type[nn.Module], known: Mapping[str, Option]) -> tuple[str, ...]:
    """Name the options that act only through the effective values, the primary one first."""
    if hasattr(make, "derived"):
        names: tuple[str, ...] = cast(Any, make).derived
        return names
    return tuple(k for kind in (Reduction, MinHidden) for k, o in known.items() if isinstance(o.domain, kind))


def _combinations(derived: Sequence[str], known: Mapping[str, Option]) -> list[tuple[Scalar, ...]]:
    """List all combinations of the derived options, those with the secondary options at their defaults first."""
    choices = list(product(*(known[name].domain.values() or () for name in derived)))
    defaults = tuple(known[name].default for name in derived)
    return sorted(choices, key=lambda c: sum(a != b for a, b in zip(c[1:], defaults[1:], strict=True)))
