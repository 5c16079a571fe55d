"""Holding a module to its contracts: in the tests the catalogue's, at the command line a user's own."""

import inspect
import traceback
from collections.abc import Callable
from typing import NamedTuple

from ..catalog import Entry
from .broken import BrokenError
from .example_inputs import WIDTH, fresh, images, inputs
from .table import CONTRACTS


class Answer(NamedTuple):
    """One contract's outcome; why is empty where it holds, and the reason where the module is exempt."""

    contract: str
    holds: bool
    why: str


def hold(entry: Entry, contract: str) -> Answer:
    """Whether one contract holds; an exempt module is not asked."""
    if contract in entry.exemptions:
        return Answer(contract, True, f"exempt: {entry.exemptions[contract]}")
    try:
        CONTRACTS[contract](entry)
    except BrokenError as broken:
        return Answer(contract, False, str(broken))
    except Exception as error:  # a user's own module may raise anything
        return Answer(contract, False, f"{told(error)}{_place(entry, error)}")
    return Answer(contract, True, "")


def told(error: BaseException) -> str:
    """An error as one line: its type and its text."""
    return f"{type(error).__name__}: {' '.join(str(error).split())}".removesuffix(": ")


def _place(entry: Entry, error: BaseException) -> str:
    """The line of the module's own file that raised, if it was one."""
    file = inspect.getfile(inspect.unwrap(entry.make.forward))
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
    return f" (line {lines[-1]})" if lines else ""


def unbuilt(entry: Entry) -> str | None:
    """Why the module cannot be built and called at all, or None: then no contract need be asked."""
    try:
        fresh(entry)(*inputs(entry, images(2, WIDTH, (8, 8))))
    except Exception as error:  # a user's own module may raise anything
        return f"{told(error)}{_place(entry, error)}"
    return None


def check(entry: Entry, *, answered: Callable[[Answer], None] = lambda answer: None) -> list[Answer]:
    """Every contract's answer for this module; `answered` is told each as it comes."""
    answers: list[Answer] = []
    for contract in CONTRACTS:
        answers.append(hold(entry, contract))
        answered(answers[-1])
    return answers
