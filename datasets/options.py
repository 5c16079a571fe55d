"""What a data set's options may be: a default and the values that are allowed."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from user_error import UserError

Scalar = str | int | float | bool


@dataclass(frozen=True, kw_only=True)
class Option:
    """One option: whole numbers from `low` to `high`, one of the texts in `choices`, or what `read` accepts.

    `read` gives a value its one spelling and raises ValueError, saying what would be right. `tasks` are those
    whose data it changes; `help` is one line for people.
    """

    default: int | str
    help: str
    low: int = 0
    high: int = 0
    choices: tuple[str, ...] = ()
    read: Callable[[Scalar], int | str] | None = None
    tasks: tuple[str, ...] = ("classification", "segmentation")

    def describe(self) -> str:
        """The allowed values, for an error or a table."""
        if self.choices:
            return f"one of {', '.join(self.choices)}"
        if self.read is not None:
            return self.help
        return f"a whole number from {self.low} to {self.high}"

    def allows(self, value: object) -> bool:
        """Whether `value` is one of them; true and false are no numbers here."""
        if self.choices:
            return value in self.choices
        return isinstance(value, int) and not isinstance(value, bool) and self.low <= value <= self.high


def text(value: Scalar) -> str:
    """Any text, without the blanks at its ends."""
    if not isinstance(value, str):
        raise UserError("must be text; put it in quotes")
    return value.strip()


def nearest(word: str, known: Iterable[str]) -> str:
    """The end of an error about a misspelt `word`: the name that was probably meant, and all of them."""
    names = list(known)
    close = difflib.get_close_matches(word, names, n=1)
    meant = f"did you mean {close[0]!r}? " if close else ""
    return f"{meant}There is: {', '.join(names)}"


def fill(where: str, domains: Mapping[str, Option], given: Mapping[str, Scalar]) -> dict[str, int | str]:
    """All options with `given` over the defaults, in the order of `domains`; ValueError if one is wrong."""
    for key in given:
        if key not in domains:
            raise UserError(f"{where}: no option {key!r}; {nearest(key, domains)}")
    return {
        key: _value(f"{where}: {key}", domain, given.get(key, domain.default))
        for key, domain in domains.items()
    }


def _value(where: str, domain: Option, value: Scalar) -> int | str:
    if domain.read is not None:
        try:
            return domain.read(value)
        except ValueError as error:
            raise UserError(f"{where} is {value!r}: {error}") from error
    if not domain.allows(value):
        raise UserError(f"{where} is {value!r}, must be {domain.describe()}")
    assert isinstance(value, int | str)
    return value
