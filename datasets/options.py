"""What a data set's options may be: a default and the values that are allowed."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

Scalar = str | int | float | bool


@dataclass(frozen=True, kw_only=True)
class Option:
    """One option: whole numbers from `low` to `high`, or one of the texts in `choices`.

    `tasks` are those whose data it changes; `help` is one line for people.
    """

    default: int | str
    help: str
    low: int = 0
    high: int = 0
    choices: tuple[str, ...] = ()
    tasks: tuple[str, ...] = ("classification", "segmentation")

    def describe(self) -> str:
        """The allowed values, for an error or a table."""
        if self.choices:
            return f"one of {', '.join(self.choices)}"
        return f"a whole number from {self.low} to {self.high}"

    def allows(self, value: object) -> bool:
        """Whether `value` is one of them; true and false are no numbers here."""
        if self.choices:
            return value in self.choices
        return isinstance(value, int) and not isinstance(value, bool) and self.low <= value <= self.high


def nearest(word: str, known: Iterable[str]) -> str:
    """The end of an error about a misspelt `word`: the name that was probably meant, and all of them."""
    names = list(known)
    close = difflib.get_close_matches(word, names, n=1)
    meant = f"did you mean {close[0]!r}? " if close else ""
    return f"{meant}There is: {', '.join(names)}"


def fill(where: str, domains: Mapping[str, Option], given: Mapping[str, Scalar]) -> dict[str, int | str]:
    """All options with `given` over the defaults, in the order of `domains`; ValueError if one is wrong."""
    for key, value in given.items():
        if key not in domains:
            raise ValueError(f"{where}: no option {key!r}; {nearest(key, domains)}")
        if not domains[key].allows(value):
            raise ValueError(f"{where}: {key} is {value!r}, must be {domains[key].describe()}")
    return {key: _plain(given.get(key, domain.default)) for key, domain in domains.items()}


def _plain(value: Scalar) -> int | str:
    assert isinstance(value, int | str)
    return value
