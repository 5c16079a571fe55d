"""Checking a module against the contracts: in the tests the catalog's, at the command line a user's own."""

import inspect
import traceback
from collections.abc import Callable
from typing import NamedTuple

from ..catalog import Entry
from .errors import ContractError
from .example_inputs import WIDTH, fresh_module, images, inputs
from .table import CONTRACTS


class ContractResult(NamedTuple):
    """The result of one contract; `reason` is empty where it holds, and why it is exempt for an exempt module."""

    contract: str
    holds: bool
    reason: str


def check_contract(entry: Entry, contract: str) -> ContractResult:
    """Check one contract; an exempt module passes without a check."""
    if contract in entry.exemptions:
        return ContractResult(contract, True, f"exempt: {entry.exemptions[contract]}")
    try:
        CONTRACTS[contract](entry)
    except ContractError as error:
        return ContractResult(contract, False, str(error))
    except Exception as error:  # a user's own module may raise anything
        return ContractResult(contract, False, f"{error_line(error)}{_error_location(entry, error)}")
    return ContractResult(contract, True, "")


def error_line(error: BaseException) -> str:
    """Format an error as one line: its type and its message."""
    return f"{type(error).__name__}: {' '.join(str(error).split())}".removesuffix(": ")


def _error_location(entry: Entry, error: BaseException) -> str:
    """Name the line of the module's own file that raised the error, or return ""."""
    file = inspect.getfile(inspect.unwrap(entry.make.forward))
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
    return f" (line {lines[-1]})" if lines else ""


def build_error(entry: Entry) -> str | None:
    """Return why the module cannot be built and called on a map, or None; if not None, no contract can hold."""
    try:
        fresh_module(entry)(*inputs(entry, images(2, WIDTH, (8, 8))))
    except Exception as error:  # a user's own module may raise anything
        return f"{error_line(error)}{_error_location(entry, error)}"
    return None


def check_contracts(
    entry: Entry, *, on_result: Callable[[ContractResult], None] = lambda result: None
) -> list[ContractResult]:
    """Check all contracts on this module; `on_result` is called with each result as soon as it is known."""
    results: list[ContractResult] = []
    for contract in CONTRACTS:
        results.append(check_contract(entry, contract))
        on_result(results[-1])
    return results
