"""`check FILE`: test your own modules against the contracts of the catalog."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ..config.exit_codes import DONE, SOMETHING_FAILED

if TYPE_CHECKING:
    pass


EXAMPLES = "  python -m experiments check my_gate.py"
Notify = Callable[[str], None]
"""notify(line): show a line to the user."""


def add_arguments(parser: ArgumentParser) -> None:
    """Add the command's arguments to its parser."""
    parser.add_argument("module_file", metavar="FILE", help="such as my_gate.py")


def execute(arguments: Namespace) -> int:
    """Check the file; return exit code 1 if a module breaks a contract."""
    all_hold = check_file(arguments.module_file, lambda text: print(text, flush=True))
    return DONE if all_hold else SOMETHING_FAILED


def check_file(name: str, notify: Notify) -> bool:
    """Test every module of the file against every contract, one line each; return whether all hold.

    Raises UserError for a file that cannot join the catalog.
    """
    from attention.custom_modules import register_modules

    from ..config.study_file import read_module_source

    with register_modules([(name, read_module_source(Path(name), name))]) as names:
        verdicts = [_check_module(each, notify) for each in names]  # all() alone would stop at a broken one
    return all(verdicts)


def _check_module(name: str, notify: Notify) -> bool:
    from attention import find
    from attention.contracts.check import build_error, check_contracts

    entry = find(name)
    notify(f"{name}: {entry.kind}, identity {entry.identity}")
    if problem := build_error(entry):
        notify(f"  BROKEN  it cannot be built and called on a map of 32 channels: {problem}")
        return False
    answers = check_contracts(entry, on_result=lambda result: notify(_format_answer(*result)))
    broken = [answer.contract for answer in answers if not answer.holds]
    if not broken:
        notify(f"{name}: all {len(answers)} contracts hold")
        return True
    notify(f"{name}: {len(broken)} of {len(answers)} contracts do not hold: {', '.join(broken)}")
    notify(
        f'  to exempt it from one on purpose, its class says: exemptions = {{"{broken[0]}": "the reason"}}'
    )
    return False


def _format_answer(contract: str, holds: bool, reason: str) -> str:
    """Return the verdict with its reason, or with the contract's own sentence if it holds."""
    from attention.contracts.table import CONTRACTS

    text = reason or (CONTRACTS[contract].__doc__ or "").strip()
    verdict = "BROKEN" if not holds else "exempt" if reason else "holds"
    return f"  {verdict:7} {contract:19} {text.removeprefix('exempt: ')}"
