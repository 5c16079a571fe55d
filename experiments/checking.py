"""Which contracts the modules of a user's file hold."""

from collections.abc import Callable
from pathlib import Path

from attention import find
from attention.checking import Answer, check, unbuilt
from attention.contracts import CONTRACTS
from attention.own import joined

from .config.study_file import module_source


def check_file(name: str, say: Callable[[str], None]) -> bool:
    """Hold every module of the file to every contract, one line each; True where all hold.

    Raises ValueError for a file that cannot join the catalogue.
    """
    with joined([(name, module_source(Path(name), name))]) as names:
        verdicts = [_checked(each, say) for each in names]
    return all(verdicts)


def _checked(name: str, say: Callable[[str], None]) -> bool:
    entry = find(name)
    say(f"{name}: {entry.kind}, identity {entry.identity}")
    if why := unbuilt(entry):
        say(f"  BROKEN  it cannot be built and called on a map of 32 channels: {why}")
        return False
    answers = check(entry, answered=lambda answer: say(_line(answer)))
    broken = [answer.contract for answer in answers if not answer.holds]
    if not broken:
        say(f"{name}: all {len(answers)} contracts hold")
        return True
    say(f"{name}: {len(broken)} of {len(answers)} contracts do not hold: {', '.join(broken)}")
    say(f'  to exempt it from one on purpose, its class says: exemptions = {{"{broken[0]}": "the reason"}}')
    return False


def _line(answer: Answer) -> str:
    """The verdict, and why; the contract's own sentence where it simply holds."""
    told = answer.why or (CONTRACTS[answer.contract].__doc__ or "").strip()
    verdict = "BROKEN" if not answer.holds else "exempt" if answer.why else "holds"
    return f"  {verdict:7} {answer.contract:19} {told.removeprefix('exempt: ')}"
