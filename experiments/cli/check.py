"""`check FILE`: hold your own modules to the contracts of the catalog."""

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from pathlib import Path

from ..config.exit_codes import DONE, SOMETHING_FAILED
from ..config.study_file import read_module_source

EXAMPLES = "  python -m experiments check my_gate.py"
Say = Callable[[str], None]


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("module_file", metavar="FILE", help="such as my_gate.py")


def execute(arguments: Namespace) -> int:
    """Exit code 1 when a module breaks a contract."""
    all_hold = check_file(arguments.module_file, lambda text: print(text, flush=True))
    return DONE if all_hold else SOMETHING_FAILED


def check_file(name: str, say: Say) -> bool:
    """Hold every module of the file to every contract, one line each; True where all hold.

    Raises UserError for a file that cannot join the catalog.
    """
    from attention.custom_modules import register_modules

    with register_modules([(name, read_module_source(Path(name), name))]) as names:
        verdicts = [_check_module(each, say) for each in names]  # all are shown, also after a broken one
    return all(verdicts)


def _check_module(name: str, say: Say) -> bool:
    from attention import find
    from attention.contracts.check import build_error, check_contracts

    entry = find(name)
    say(f"{name}: {entry.kind}, identity {entry.identity}")
    if why := build_error(entry):
        say(f"  BROKEN  it cannot be built and called on a map of 32 channels: {why}")
        return False
    answers = check_contracts(entry, on_result=lambda answer: say(_line(*answer)))
    broken = [answer.contract for answer in answers if not answer.holds]
    if not broken:
        say(f"{name}: all {len(answers)} contracts hold")
        return True
    say(f"{name}: {len(broken)} of {len(answers)} contracts do not hold: {', '.join(broken)}")
    say(f'  to exempt it from one on purpose, its class says: exemptions = {{"{broken[0]}": "the reason"}}')
    return False


def _line(contract: str, holds: bool, why: str) -> str:
    """The verdict, and why; the contract's own sentence where it simply holds."""
    from attention.contracts.table import CONTRACTS

    text = why or (CONTRACTS[contract].__doc__ or "").strip()
    verdict = "BROKEN" if not holds else "exempt" if why else "holds"
    return f"  {verdict:7} {contract:19} {text.removeprefix('exempt: ')}"
