"""Checking a module against the contracts: in the tests the catalog's, at the command line a user's own."""

from collections.abc import Callable
from typing import NamedTuple

from user_error import describe_error

from ..catalog import Entry
from ..own_code import is_interrupt
from .errors import ContractError
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
    except BaseException as error:  # a user's own module may raise anything
        if is_interrupt(error):
            raise
        return ContractResult(contract, False, describe_error(error))
    return ContractResult(contract, True, "")


def check_contracts(
    entry: Entry, *, on_result: Callable[[ContractResult], None] = lambda result: None
) -> list[ContractResult]:
    """Check all contracts on this module; `on_result` is called with each result as soon as it is known."""
    results: list[ContractResult] = []
    for contract in CONTRACTS:
        results.append(check_contract(entry, contract))
        on_result(results[-1])
    return results
