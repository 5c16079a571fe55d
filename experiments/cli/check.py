"""`check FILE`: test your own modules against the contracts of the catalog."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path

from ..config.command_line.exit_codes import DONE, SOMETHING_FAILED

EXAMPLES = "  python -m experiments check my_gate.py"
Notify = Callable[[str], None]
"""notify(line): show a line to the user."""


def add_arguments(parser: ArgumentParser) -> None:
    """Add the command's arguments to its parser."""
    parser.add_argument("module_file", metavar="FILE", help="such as my_gate.py")
    parser.add_argument(
        "--channels-as", default="", metavar="NAME", help="the argument that takes the number of channels"
    )


def execute(arguments: Namespace) -> int:
    """Check the file; return exit code 1 if a module breaks a contract, or cannot join the catalog."""
    output = sys.stdout  # what the modules print goes to standard error
    all_hold = check_file(
        arguments.module_file,
        lambda text: print(text, file=output, flush=True),
        channels_as=arguments.channels_as,
    )
    return DONE if all_hold else SOMETHING_FAILED


def check_file(name: str, notify: Notify, *, channels_as: str = "") -> bool:
    """Test every module of the file against every contract, one line each; return whether all hold.

    channels_as: the argument that takes the channels. Raises UserError for a file that cannot join the catalog.
    """
    from attention.catalog import UNFIT
    from attention.custom_modules import register_modules

    from ..config.study_file import read_module_source

    source = read_module_source(Path(name), name, channels_as=channels_as or None)
    with register_modules([(name, source)]) as names, redirect_stdout(sys.stderr):
        for reason in UNFIT.values():
            notify(f"left out: {reason}")
        verdicts = [_check_module(each, notify) for each in names]  # all() alone would stop at a broken one
    return all(verdicts)


def _check_module(name: str, notify: Notify) -> bool:
    from attention import find
    from attention.contracts.check import check_contracts
    from attention.contracts.first_step import find_fault

    entry = find(name)
    notify(f"{name}: {entry.kind}, identity {entry.identity}")
    if problem := find_fault(entry):
        notify(f"  BROKEN  it cannot be built and trained on a map of 32 channels: {problem}")
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
