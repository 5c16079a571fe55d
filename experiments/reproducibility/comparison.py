"""Compare a repeated run with its record: identical bits, within the spread over seeds, or different."""

from enum import StrEnum
from typing import Literal, NamedTuple

from ..config.run_result import RunResult


class Outcome(StrEnum):
    """The outcome of a comparison, as it is printed."""

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
"""Tolerance for a run on another numeric identity, in standard deviations over seeds."""


class Verdict(NamedTuple):
    """The outcome of a comparison with its explanation."""

    outcome: Outcome
    text: str
    """Where and by how much the run differs; empty if it is identical."""


def compare(
    recorded: RunResult,
    fresh: RunResult,
    *,
    steps: tuple[list[float], list[float]],
    spread: float | None,
) -> Verdict:
    """Compare bit by bit and, on another numeric identity, against the spread over seeds.

    steps: the losses of all steps, recorded and fresh; empty lists are not compared.
    spread: standard deviation of the primary metric over seeds, a fraction; None if it is not known.
    """
    if _is_identical(recorded, fresh, steps):
        return Verdict(Outcome.IDENTICAL, "")
    where = first_difference(recorded, fresh, steps)
    difference = metric_difference(recorded, fresh)
    size, changes = _describe_difference(recorded, difference), _code_changes(recorded, fresh)
    other = _identity_differences(recorded, fresh)
    if not other:
        return Verdict(Outcome.DIFFERENT, "; ".join([where, size, *changes]))
    text = "; ".join([size, f"other numeric identity: {', '.join(other)}", *changes])
    if spread is None or difference is None:
        why = "no spread over seeds is recorded to compare it with"
        return Verdict(Outcome.DIFFERENT, f"{where}; {text}; {why}")
    bound = f"{MAX_SPREADS:g} standard deviations over seeds are {100 * MAX_SPREADS * spread:.3f}"
    within = abs(difference) <= MAX_SPREADS * spread
    return Verdict(Outcome.WITHIN if within else Outcome.DIFFERENT, f"{text}; {bound}")


def _is_identical(recorded: RunResult, fresh: RunResult, steps: tuple[list[float], list[float]]) -> bool:
    """Whether all recorded fields, the start and the losses of all steps have the same bits."""
    same_steps = not (steps[0] and steps[1]) or steps[0] == steps[1]
    same_fields = all(getattr(recorded, name) in (None, getattr(fresh, name)) for name in COMPARED_FIELDS)
    return same_fields and same_steps and _start_hashes(recorded) == _start_hashes(fresh)


def _identity_differences(recorded: RunResult, fresh: RunResult) -> list[str]:
    """List the names in which the numeric identities differ."""
    before, now = recorded.identity or {}, fresh.identity or {}
    return sorted(name for name in {*before, *now} if before.get(name) != now.get(name))


def first_difference(recorded: RunResult, fresh: RunResult, steps: tuple[list[float], list[float]]) -> str:
    """Say where, in the order of training, the two runs first differ."""
    for one, other, what in zip(
        _start_hashes(recorded), _start_hashes(fresh), ("data", "initial weights"), strict=True
    ):
        if one != other:
            return f"from the start on (other {what})"
    epochs = max(1, len(recorded.curve))
    steps_per_epoch = max(1, len(steps[0]) // epochs)
    for number, (loss, fresh_loss) in enumerate(zip(*steps, strict=False)):
        if loss != fresh_loss:
            return f"from epoch {number // steps_per_epoch + 1}, step {number % steps_per_epoch + 1} on"
    for (epoch, before), (_, after) in zip(recorded.curve, fresh.curve, strict=False):
        if before != after:
            return f"from the end of epoch {epoch} on (its steps' losses are the same)"
    return "after the last step"


def metric_difference(recorded: RunResult, fresh: RunResult) -> float | None:
    """Compute the primary metric of the fresh run minus the recorded one, a fraction; None if either has none.

    On the test split, or on validation if the recorded run has no test metrics.
    """
    split: Literal["test", "validation"] = "validation" if recorded.metrics is None else "test"
    before, now = recorded.score(split), fresh.score(split)
    return None if before is None or now is None else now - before


def _describe_difference(recorded: RunResult, difference: float | None) -> str:
    return (
        "no metric to compare"
        if difference is None
        else f"{recorded.primary} off by {100 * difference:+.3f} points"
    )


def _code_changes(recorded: RunResult, fresh: RunResult) -> list[str]:
    if recorded.code == fresh.code:
        return []
    commit = str((recorded.provenance or {}).get("commit") or "")[:12]
    return [f"recorded with other code than today's{f' (commit {commit})' if commit else ''}"]


def _start_hashes(result: RunResult) -> tuple[str, str]:
    """Return the hashes of the data and of the initial weights."""
    return (result.hashes.data, result.hashes.initial) if result.hashes else ("", "")
