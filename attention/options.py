"""A module's options and their domains, read from the constructor's signature only.

A module declares a keyword-only `reduction: Annotated[int, Reduction()] = 16`; validation, parsing, grids, search
spaces, the table of modules and the tests' parameters are derived from that line.
"""

import inspect
import math
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from types import UnionType
from typing import Annotated, Any, NamedTuple, Protocol, get_args, get_origin

from user_error import UserError, nearest

Scalar = int | float | str | bool | None


class Domain(Protocol):
    """The values that an option accepts."""

    def check(self, value: object) -> None:
        """Raise UserError, naming the allowed values, unless `value` belongs to the domain."""
        ...

    def values(self) -> tuple[Scalar, ...] | None:
        """Return all values in order, or None for a continuous domain."""
        ...

    def describe(self) -> str:
        """Describe the domain in a few characters, for messages and tables."""
        ...


def _is_same_value(left: object, right: object) -> bool:
    """Tell whether two values are equal and of one type (True is not 1); an int may stand for an equal float."""
    number = (int, float)
    alike = type(left) is type(right) or (type(left) in number and type(right) in number)
    return alike and left == right


class _ListedDomain:
    """A domain with a finite list of values."""

    def __init__(self, *values: Scalar) -> None:
        self._values = values

    def values(self) -> tuple[Scalar, ...]:
        return self._values

    def describe(self) -> str:
        return ", ".join(str(value).lower() if value is None else str(value) for value in self._values)

    def check(self, value: object) -> None:
        if not any(_is_same_value(value, allowed) for allowed in self._values):
            raise UserError(f"{value!r} is not one of: {self.describe()}")

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash((type(self), self._values))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(map(repr, self._values))})"


class Choice(_ListedDomain):
    """One of the listed values."""


class Flag(_ListedDomain):
    """True or False."""

    def __init__(self) -> None:
        super().__init__(False, True)


class Odd(_ListedDomain):
    """An odd integer from low to high, inclusive."""

    def __init__(self, low: int, high: int) -> None:
        super().__init__(*range(low | 1, high + 1, 2))
        self.low, self.high = low | 1, high


class IntRange(_ListedDomain):
    """An integer from low to high, inclusive."""

    def __init__(self, low: int, high: int) -> None:
        super().__init__(*range(low, high + 1))
        self.low, self.high = low, high

    def describe(self) -> str:
        return f"{self.low} to {self.high}"


class Reduction(_ListedDomain):
    """The reduction ratio r of a hidden layer: hidden = max(channels // r, min_hidden)."""

    def __init__(self, *values: int) -> None:
        super().__init__(*(values or (2, 4, 8, 16, 32)))


class MinHidden(_ListedDomain):
    """The minimum of the hidden width, for maps with few channels."""

    def __init__(self, *values: int) -> None:
        super().__init__(*(values or (1, 2, 4, 8, 16)))


@dataclass(frozen=True)
class LogRange:
    """A positive number from low to high, searched on a logarithmic scale."""

    low: float
    high: float

    def check(self, value: object) -> None:
        number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        if not (number and self.low <= typing.cast(float, value) <= self.high):
            raise UserError(f"{value!r} is not a number from {self.describe()}")

    def values(self) -> None:
        return None

    def describe(self) -> str:
        return f"{self.low:g} to {self.high:g} (log)"


class Option(NamedTuple):
    """One keyword-only argument of a module's constructor."""

    name: str
    domain: Domain
    default: Scalar
    type: Any


def read_options(cls: type) -> dict[str, Option]:
    """Read the options that a module's constructor declares, in its order.

    They are its keyword-only arguments, and others whose annotation has a domain. Raises UserError for an option
    without a domain or a default.
    """
    parameters = [each for each in inspect.signature(cls).parameters.values() if _may_be_option(each)]
    if not parameters:
        return {}
    hints = typing.get_type_hints(inspect.getattr_static(cls, "__init__"), include_extras=True)
    return {
        p.name: _read_option(cls, p, hints.get(p.name))
        for p in parameters
        if p.kind is p.KEYWORD_ONLY or _domains(hints.get(p.name))
    }


def _may_be_option(parameter: inspect.Parameter) -> bool:
    return parameter.kind is parameter.KEYWORD_ONLY or "Annotated" in str(parameter.annotation)


def _domains(hint: Any) -> list[Domain]:
    metadata = get_args(hint)[1:] if get_origin(hint) is Annotated else ()
    return [item for item in metadata if hasattr(item, "describe")]


def _read_option(cls: type, parameter: inspect.Parameter, hint: Any) -> Option:
    domains = _domains(hint)
    if len(domains) != 1 or parameter.default is parameter.empty:
        raise UserError(
            f"{cls.__name__}: option {parameter.name!r} needs one domain and a default, "
            f"such as `{parameter.name}: Annotated[int, Choice(2, 4)] = 2`"
        )
    domain = domains[0]
    try:
        domain.check(parameter.default)
    except UserError as error:
        raise UserError(f"{cls.__name__}: option {parameter.name!r}: its default {error}") from None
    return Option(parameter.name, domain, parameter.default, get_args(hint)[0])


def check_options(cls: type, options: Mapping[str, Scalar], *, name: str = "") -> dict[str, Scalar]:
    """Check options of `cls` and return all of them, with defaults.

    Raises UserError for an unknown option or a value outside its domain, naming module, option and domain.
    """
    known, title = read_options(cls), name or cls.__name__
    for key, value in options.items():
        if key not in known:
            raise UserError(f"{title}: no option {key!r}{_explain_fixed(cls, key) or nearest(key, known)}")
        try:
            known[key].domain.check(value)
        except UserError as error:
            raise UserError(f"{title}: {key}={error}") from None
    return {key: _normalize(options.get(key, option.default), option) for key, option in known.items()}


def _explain_fixed(cls: type, name: str) -> str:
    """Return how a user's own argument without a domain becomes an option; an empty text if there is none."""
    both = [inspect.signature(each).parameters for each in (cls, cls.__bases__[0]) if each is not object]
    default = next((each[name].default for each in both if name in each), inspect.Parameter.empty)
    if default is inspect.Parameter.empty:
        return ""
    kind = type(default).__name__
    declared = f"{name}: Annotated[{kind}, Choice({default!r}, ...)] = {default!r}"
    return f"; it keeps {default!r}: to set it, declare `{declared}`"


def _normalize(value: Scalar, option: Option) -> Scalar:
    """Convert the value to its domain's type: 2.0 becomes a listed 2, and 1 becomes 1.0 in a continuous domain."""
    values = option.domain.values()
    if values is None:
        return float(typing.cast(float, value))
    return next(allowed for allowed in values if _is_same_value(value, allowed))


def parse_value(text: str, option: Option) -> Scalar:
    """Parse a value from a command line for this option; return the text itself if it is no number or constant."""
    if text.lower() in ("none", "null") and _accepts_none(option.type):
        return None
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    for number in (int, float):
        try:
            return number(text)
        except ValueError:
            continue
    return text


def _accepts_none(hint: Any) -> bool:
    return get_origin(hint) in (UnionType, typing.Union) and type(None) in get_args(hint)


def hidden_width(channels: int, reduction: int, min_hidden: int) -> int:
    """Compute max(channels // reduction, min_hidden), the rule of every module; never 0."""
    return max(channels // reduction, min_hidden)
