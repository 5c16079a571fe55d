"""Compare a run that was made again with its record: identical bits, within the spread over seeds, or different."""

from enum import StrEnum
from typing import Any, NamedTuple


class Outcome(StrEnum):
    """How near a run came to its record."""

    IDENTICAL = "BIT-IDENTICAL"
    WITHIN = "WITHIN SEED SPREAD"
    DIFFERENT = "DIFFERENT"
    NOT_RUNNABLE = "NOT RUNNABLE"


BITS = ("state", "metrics", "validation", "per_class", "curve", "final_weights", "last_weights", "logits")
SPREADS = 2.0
"""Standard deviations over seeds within which another numeric identity may come out."""


class Verdict(NamedTuple):
    """How near a run came to what is recorded of it."""

    outcome: Outcome
    text: str
    """Why, or how far off; empty where there is nothing to say."""


def compare(
    recorded: dict[str, Any],
    fresh: dict[str, Any],
    *,
    steps: tuple[list[float], list[float]],
    spread: float | None,
) -> Verdict:
    """Bit by bit; on another numeric identity, against `spread`: the standard deviation over seeds (fractions)."""
    parts = [name for name in BITS if name in recorded]
    differing = [name for name in parts if recorded[name] != fresh.get(name)]
    same_start = all(recorded["hashes"][name] == fresh["hashes"][name] for name in ("initial", "data"))
    same_steps = not (steps[0] and steps[1]) or steps[0] == steps[1]
    if not differing and same_start and same_steps:
        return Verdict(Outcome.IDENTICAL, "")
    where = first_difference(recorded, fresh, steps)
    off = distance(recorded, fresh)
    changed = _changes(recorded, fresh)
    if fresh["identity"] == recorded["identity"]:
        return Verdict(Outcome.DIFFERENT, "; ".join([where, _off(recorded, off), *changed]))
    other = sorted(
        name
        for name in {*recorded["identity"], *fresh["identity"]}
        if recorded["identity"].get(name) != fresh["identity"].get(name)
    )
    text = "; ".join([_off(recorded, off), f"other numeric identity: {', '.join(other)}", *changed])
    if spread is None or off is None:
        return Verdict(
            Outcome.DIFFERENT, f"{where}; {text}; no spread over seeds is recorded to hold it against"
        )
    bound = f"{SPREADS:g} standard deviations over seeds are {100 * SPREADS * spread:.3f}"
    return Verdict(Outcome.WITHIN if abs(off) <= SPREADS * spread else Outcome.DIFFERENT, f"{text}; {bound}")


def first_difference(
    recorded: dict[str, Any], fresh: dict[str, Any], steps: tuple[list[float], list[float]]
) -> str:
    """The first place, in the order of training, where the two are not the same."""
    for name in ("data", "initial"):
        if recorded["hashes"][name] != fresh["hashes"][name]:
            return f"from the start on ({'other data' if name == 'data' else 'other initial weights'})"
    epochs = max(1, len(recorded["curve"]))
    an_epoch = max(1, len(steps[0]) // epochs)
    for number, (one, other) in enumerate(zip(*steps, strict=False)):
        if one != other:
            return f"from epoch {number // an_epoch + 1}, step {number % an_epoch + 1} on"
    for (epoch, before), (_, after) in zip(recorded["curve"], fresh["curve"], strict=False):
        if before != after:
            return f"from the end of epoch {epoch} on (its steps' losses are the same)"
    return "after the last step"


def distance(recorded: dict[str, Any], fresh: dict[str, Any]) -> float | None:
    """Fresh minus recorded, of the primary metric (a fraction); None where one has none."""
    name = recorded["primary"]
    split = "metrics" if "metrics" in recorded else "validation"
    if split not in recorded or split not in fresh:
        return None
    return float(fresh[split][name]) - float(recorded[split][name])


def _off(recorded: dict[str, Any], off: float | None) -> str:
    return "no metric to compare" if off is None else f"{recorded['primary']} off by {100 * off:+.3f} points"


def _changes(recorded: dict[str, Any], fresh: dict[str, Any]) -> list[str]:
    if recorded["code"] == fresh["code"]:
        return []
    commit = recorded.get("provenance", {}).get("commit")
    return [f"recorded with other code than today's{f' (commit {commit[:12]})' if commit else ''}"]
