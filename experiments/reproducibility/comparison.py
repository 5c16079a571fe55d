"""Compare a run that was made again with its record: identical bits, within the spread over seeds, or different."""

from enum import StrEnum
from typing import Literal, NamedTuple

from ..config.run_result import RunResult


class Outcome(StrEnum):
    """How near a run came to its record."""

    IDENTICAL = "BIT-IDENTICAL"
    WITHIN = "WITHIN SEED SPREAD"
    DIFFERENT = "DIFFERENT"
    NOT_RUNNABLE = "NOT RUNNABLE"


COMPARED_FIELDS = (
    "state",
    "metrics",
    "validation",
    "per_class",
    "curve",
    "final_weights",
    "last_weights",
    "logits",
)
MAX_SPREADS = 2.0
"""Standard deviations over seeds within which another numeric identity may come out."""


class Verdict(NamedTuple):
    """How near a run came to what is recorded of it."""

    outcome: Outcome
    text: str
    """Why, or how far off; empty where there is nothing to say."""


def compare(
    recorded: RunResult,
    fresh: RunResult,
    *,
    steps: tuple[list[float], list[float]],
    spread: float | None,
) -> Verdict:
    """Bit by bit; on another numeric identity, against `spread`: the standard deviation over seeds (fractions)."""
    differing = [
        name for name in COMPARED_FIELDS if getattr(recorded, name) not in (None, getattr(fresh, name))
    ]
    same_start = _start_hashes(recorded) == _start_hashes(fresh)
    same_steps = not (steps[0] and steps[1]) or steps[0] == steps[1]
    if not differing and same_start and same_steps:
        return Verdict(Outcome.IDENTICAL, "")
    where = first_difference(recorded, fresh, steps)
    off = metric_difference(recorded, fresh)
    changed = _code_changes(recorded, fresh)
    before, now = recorded.identity or {}, fresh.identity or {}
    if before == now:
        return Verdict(Outcome.DIFFERENT, "; ".join([where, _describe_difference(recorded, off), *changed]))
    other = sorted(name for name in {*before, *now} if before.get(name) != now.get(name))
    text = "; ".join(
        [_describe_difference(recorded, off), f"other numeric identity: {', '.join(other)}", *changed]
    )
    if spread is None or off is None:
        return Verdict(
            Outcome.DIFFERENT, f"{where}; {text}; no spread over seeds is recorded to hold it against"
        )
    bound = f"{MAX_SPREADS:g} standard deviations over seeds are {100 * MAX_SPREADS * spread:.3f}"
    return Verdict(
        Outcome.WITHIN if abs(off) <= MAX_SPREADS * spread else Outcome.DIFFERENT, f"{text}; {bound}"
    )


def first_difference(recorded: RunResult, fresh: RunResult, steps: tuple[list[float], list[float]]) -> str:
    """The first place, in the order of training, where the two are not the same."""
    for one, other, what in zip(
        _start_hashes(recorded), _start_hashes(fresh), ("data", "initial weights"), strict=True
    ):
        if one != other:
            return f"from the start on (other {what})"
    epochs = max(1, len(recorded.curve))
    an_epoch = max(1, len(steps[0]) // epochs)
    for number, (loss, fresh_loss) in enumerate(zip(*steps, strict=False)):
        if loss != fresh_loss:
            return f"from epoch {number // an_epoch + 1}, step {number % an_epoch + 1} on"
    for (epoch, before), (_, after) in zip(recorded.curve, fresh.curve, strict=False):
        if before != after:
            return f"from the end of epoch {epoch} on (its steps' losses are the same)"
    return "after the last step"


def metric_difference(recorded: RunResult, fresh: RunResult) -> float | None:
    """Fresh minus recorded, of the primary metric (a fraction); None where one has none."""
    split: Literal["test", "validation"] = "validation" if recorded.metrics is None else "test"
    before, now = recorded.score(split), fresh.score(split)
    return None if before is None or now is None else now - before


def _describe_difference(recorded: RunResult, off: float | None) -> str:
    return "no metric to compare" if off is None else f"{recorded.primary} off by {100 * off:+.3f} points"


def _code_changes(recorded: RunResult, fresh: RunResult) -> list[str]:
    if recorded.code == fresh.code:
        return []
    commit = str((recorded.provenance or {}).get("commit") or "")[:12]
    return [f"recorded with other code than today's{f' (commit {commit})' if commit else ''}"]


def _start_hashes(result: RunResult) -> tuple[str, str]:
    """Hashes of the data and of the first weights."""
    return (result.hashes.data, result.hashes.initial) if result.hashes else ("", "")
