"""Options of data sets: their defaults and allowed values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from user_error import UserError, nearest

Scalar = str | int | float | bool


@dataclass(frozen=True, kw_only=True)
class Option:
    """One option: a whole number from `low` to `high`, one of `choices`, or any value that `parse` accepts.

    `parse` returns a value in canonical form and raises ValueError, which says what would be right. `tasks` are those
    whose data the option changes; `help` is one line of documentation. `is_absent_at_default`:
    a run's key does not hold the default, as it was before the option existed.
    """

    default: int | str
    help: str
    low: int = 0
    high: int = 0
    choices: tuple[str, ...] = ()
    parse: Callable[[Scalar], int | str] | None = None
    tasks: tuple[str, ...] = ("classification", "segmentation")
    is_absent_at_default: bool = False

    def describe(self) -> str:
        """Return the allowed values in words, for an error or a table."""
        if self.choices:
            return f"one of {', '.join(self.choices)}"
        if self.parse is not None:
            return self.help
        return f"a whole number from {self.low} to {self.high}"

    def allows(self, value: object) -> bool:
        """Tell whether `value` is allowed; booleans do not count as numbers."""
        if self.choices:
            return value in self.choices
        return isinstance(value, int) and not isinstance(value, bool) and self.low <= value <= self.high


def parse_text(value: Scalar) -> str:
    """Return a text without surrounding blanks. Raises UserError for any other type."""
    if not isinstance(value, str):
        raise UserError("must be text; put it in quotes")
    return value.strip()


def fill_options(
    where: str, options: Mapping[str, Option], given: Mapping[str, Scalar]
) -> dict[str, int | str]:
    """Return all options, `given` over the defaults, in the order of `options`.

    Raises UserError, which starts with `where`, for an unknown option or a value that is not allowed.
    """
    for key in given:
        if key not in options:
            raise UserError(f"{where}: no option {key!r}{nearest(key, options)}")
    return {
        key: _check_value(f"{where}: {key}", option, given.get(key, option.default))
        for key, option in options.items()
    }


def _check_value(where: str, option: Option, value: Scalar) -> int | str:
    if option.parse is not None:
        try:
            return option.parse(value)
        except ValueError as error:
            raise UserError(f"{where} is {value!r}: {error}") from error
    if not option.allows(value):
        raise UserError(f"{where} is {value!r}, must be {option.describe()}")
    assert isinstance(value, int | str)
    return value
