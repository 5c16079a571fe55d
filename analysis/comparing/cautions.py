"""What a reader must know before believing a verdict; nothing here is ever left out of the report."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

import pandas as pd

from ..frames import Recorded
from ..statistics import best_of_nulls, fewest_seeds
from .gates import Gate, Gates
from .verdicts import CONTROLS, UNFINISHED, Family

Weight = Literal["alarm", "warning", "note"]
PLACEBOS = ("constant", "shuffled", "frozen")
SHOWN = 12


class Caution(NamedTuple):
    """`alarm`: the verdicts cannot be trusted as they stand; `warning`: a limit; `note`: good to know."""

    weight: Weight
    topic: str
    text: str


def cautions(recorded: Recorded, families: list[Family], probed: Gates) -> list[Caution]:
    """All of a study's, alarms first."""
    sources = (
        _positive_controls(recorded, families),
        _null_arms(recorded, families),
        _pairing(recorded),
        _seeds(families),
        _empty(recorded, families),
        _missing_runs(families),
        _placebo(recorded),
        _constant_gates(recorded, probed),
        _floors(families),
        _skewed(families),
        _code(recorded),
        _identities(recorded),
        _search(recorded, families),
        _best(families),
        _left(recorded),
        _paired_on_data(recorded),
        (Caution("warning", "study", text) for text in recorded.study.warnings),
    )
    found = [caution for source in sources for caution in source]
    return sorted(dict.fromkeys(found), key=lambda c: ("alarm", "warning", "note").index(c.weight))


def _current(recorded: Recorded) -> pd.DataFrame:
    runs = recorded.runs
    return runs[(runs["role"] == "run") & runs["current"]]


def _arms_of(recorded: Recorded, role: str) -> list[str]:
    return [label for label, arm in recorded.study.arms.items() if arm.get("role") == role]


def _positive_controls(recorded: Recorded, families: list[Family]) -> Iterator[Caution]:
    controls = _arms_of(recorded, "positive_control")
    if not controls:
        text = (
            "no positive control was run: nothing shows that this pipeline would see an effect that is there"
        )
        yield Caution("warning", "positive control", text)
    for family in families:
        for cell in family.cells:
            expected = recorded.study.arms.get(cell.arm, {}).get("expect")
            if cell.arm in controls and expected and cell.word is None:
                text = f"{cell.arm} has no verdict yet on {cell.setting}: too few of its runs are finished"
                yield Caution("warning", "positive control", text)
            elif cell.arm in controls and expected and cell.word != expected:
                yield Caution(
                    "alarm",
                    "positive control",
                    f"{cell.arm} was expected to be {expected} on {cell.setting} and is {cell.word}: this study misses "
                    "an effect that is known to be there, so its other verdicts there mean little",
                )


def _null_arms(recorded: Recorded, families: list[Family]) -> Iterator[Caution]:
    for family in families:
        for cell in family.cells:
            if cell.arm in _arms_of(recorded, "aa") and cell.word in ("BETTER", "WORSE"):
                text = (
                    f"{cell.arm} is the baseline again and got {cell.word} on {cell.setting}: a false alarm"
                )
                yield Caution("alarm", "A/A", text)


def _pairing(recorded: Recorded) -> Iterator[Caution]:
    runs = _current(recorded).dropna(subset=["backbone_hash"])
    by_weights = [
        label
        for label, arm in recorded.study.arms.items()
        if arm.get("paired") != "data" and arm.get("role") != "aa"
    ]
    runs = runs[runs["arm"].isin(by_weights)]
    kinds = runs.groupby(["setting", "seed"])["backbone_hash"].nunique()
    if (unequal := kinds[kinds > 1]).size:
        where = "; ".join(f"{setting} seed {seed}" for setting, seed in unequal.index[:SHOWN])
        text = f"arms declared as paired did not start from the same backbone weights: {where}"
        yield Caution("alarm", "pairing", text)
    data = _current(recorded).groupby("setting")["data_hash"].nunique()
    for setting in data[data > 1].index:
        yield Caution(
            "alarm", "data", f"runs of {setting} were trained on different data (content hashes differ)"
        )


def _seeds(families: list[Family]) -> Iterator[Caution]:
    short = [f for f in families if f.pairs and f.smallest > f.alpha]
    if short:
        fewest, pairs = fewest_seeds(short[0].alpha), max(f.pairs for f in short)
        where = "" if len(short) == len(families) else f" ({'; '.join(f.title or f.name for f in short)})"
        yield Caution(
            "alarm",
            "too few seeds",
            f"with {pairs} seeds the smallest p that can be reached is {min(f.smallest for f in short):.3g}, above "
            f"{short[0].alpha:g}: no arm could be found BETTER or WORSE{where}. {fewest} seeds are the fewest that can",
        )


def _empty(recorded: Recorded, families: list[Family]) -> Iterator[Caution]:
    compared = {(family.role, family.baseline, family.arms) for family in families}
    for planned in recorded.study.families:
        if (
            planned.get("arms")
            and (planned["role"], planned["baseline"], tuple(planned["arms"])) not in compared
        ):
            yield Caution(
                "warning",
                "unfinished",
                f"{planned.get('title') or planned['name']}: none of its runs exists yet",
            )


def _missing_runs(families: list[Family]) -> Iterator[Caution]:
    lacking = list(dict.fromkeys(m for family in families for m in family.missing))
    for kind, words in (("waiting", "not finished"), ("lost", "without a score")):
        these = [m for m in lacking if (m.state in UNFINISHED) == (kind == "waiting")]
        if these:
            listed = "; ".join(f"{m.arm} on {m.setting} seed {m.seed} ({m.state})" for m in these[:SHOWN])
            rest = f"; and {len(these) - SHOWN} more" if len(these) > SHOWN else ""
            runs = "1 run" if len(these) == 1 else f"{len(these)} runs"
            text = f"{runs} of the compared arms {words}, so that blocks lack a pair: {listed}{rest}"
            yield Caution("warning", "unbalanced", text)


def _placebo(recorded: Recorded) -> Iterator[Caution]:
    modules = {arm.get("module") for arm in recorded.study.arms.values()}
    if not any(str(m).startswith(PLACEBOS) for m in modules):
        text = "no placebo (constant, shuffled or frozen gate) was run: any gate might gain the same"
        yield Caution("warning", "placebo", text)


def _constant_gates(recorded: Recorded, probed: Gates) -> Iterator[Caution]:
    """A gate that no longer looks at its input is a constant factor, whatever its module is called."""
    found: dict[tuple[str, str], list[str]] = {}
    for arm, setting in dict.fromkeys((g.arm, g.setting) for g in probed.gates):
        gates = probed.constant(arm, setting)
        count = sum(g.arm == arm and g.setting == setting for g in probed.gates)
        if gates and recorded.study.arms.get(arm, {}).get("role", "arm") == "arm":
            which = "all its gates" if len(gates) == count else f"of its {count} gates {_named(gates)}"
            found.setdefault((arm, which), []).append(setting)
    for (arm, which), settings in found.items():
        text = (
            f"{arm} on {', '.join(settings)}: {which} became constant in every run: they hardly depend on the image, "
            "so that a fixed factor would do the same"
        )
        yield Caution("warning", "constant gate", text)


def _named(gates: list[Gate]) -> str:
    return ", ".join(gate.plug for gate in gates)


def _floors(families: list[Family]) -> Iterator[Caution]:
    found: dict[str, list[str]] = {}
    for family in families:
        for setting, floor in family.floors.items():
            if floor.floor > family.margin:
                found.setdefault(setting, []).append(f"{floor.floor:.2f} points for {family.baseline}")
    for setting, floors in found.items():
        yield Caution(
            "warning",
            "noise",
            f"{setting}: the noise floor ({', '.join(dict.fromkeys(floors))}) is above the margin "
            f"({families[0].margin:g}): differences that matter can hide in it",
        )


def _skewed(families: list[Family]) -> Iterator[Caution]:
    for family in families:
        if family.skewness.notable:
            yield Caution(
                "warning",
                "skewed differences",
                f"{family.title or family.name}: the paired differences look skewed (pooled skewness "
                f"{family.skewness.value:+.2f}; normal ones stay within {family.skewness.limit:.2f}): 95 % intervals "
                "may cover less than 92 %, and p values are approximate",
            )


def _code(recorded: Recorded) -> Iterator[Caution]:
    runs = _current(recorded)
    kinds = runs.dropna(subset=["code"]).groupby("module")["code"].nunique()
    if (mixed := kinds[kinds > 1]).size:
        modules = ", ".join(map(str, mixed.index))
        text = f"runs of {modules} come from different versions of the code (run again with --rerun-stale)"
        yield Caution("warning", "stale code", text)
    if any(p.get("dirty") for p in runs["provenance"]):
        yield Caution(
            "note", "uncommitted code", "some runs were made with uncommitted changes in the repository"
        )


def _identities(recorded: Recorded) -> Iterator[Caution]:
    kinds = _current(recorded).dropna(subset=["identity"]).groupby("setting")["identity"].nunique()
    for setting in kinds[kinds > 1].index:
        text = f"runs of {setting} have {kinds[setting]} numeric identities (machines or versions differ)"
        yield Caution("warning", "numeric identity", text)


def _search(recorded: Recorded, families: list[Family]) -> Iterator[Caution]:
    trials = recorded.runs[recorded.runs["role"] == "trial"]
    tuned = _arms_of(recorded, "tuned")
    if tuned and not trials.empty:
        counts = trials.groupby(["setting", "arm"]).size()
        budget = f"{counts.min()}" if counts.nunique() == 1 else f"{counts.min()} to {counts.max()}"
        fresh = not set(trials["trained_seed"]) & set(_current(recorded)["trained_seed"])
        text = f"{', '.join(tuned)} were picked after looking at {budget} trials each on the validation split"
        if fresh:
            yield Caution("note", "selection", f"{text}; their verdicts come from fresh seeds only")
        else:
            yield Caution(
                "alarm",
                "selection",
                f"{text}, and the verdicts use a seed of the search: they are biased upwards",
            )
        uneven = counts.groupby("setting").nunique()
        for setting in uneven[uneven > 1].index:
            text = f"{setting}: arms were tuned with unequal budgets ({_budgets(counts, str(setting))})"
            yield Caution("warning", "search budget", text)


def _budgets(counts: pd.Series[int], setting: str) -> str:
    here = counts[counts.index.get_level_values("setting") == setting]
    return ", ".join(f"{arm} {n}" for arm, n in zip(here.index.get_level_values("arm"), here, strict=True))


def _best(families: list[Family]) -> Iterator[Caution]:
    """The winner's curse: whoever quotes the best of several arms has picked it after looking."""
    for family in families:
        arms = [a for a in family.arms if family.roles.get(a) not in CONTROLS]
        better = [c for c in family.cells if c.word == "BETTER" and c.arm in arms]
        if len(arms) > 1 and better:
            best = max(better, key=lambda cell: cell.paired.mean)
            error = best.paired.sd / len(best.seeds) ** 0.5
            yield Caution(
                "note",
                "best of several",
                f"{family.title or family.name}: {best.arm} on {best.setting} is the largest of {len(arms)} arms' "
                "gains; quoted for that reason it is picked after looking and too high on average, by up to "
                f"{best_of_nulls(len(arms)) * error:.2f} points (the best of {len(arms)} arms without effect). "
                "Confirm it on fresh seeds",
            )


def _left(recorded: Recorded) -> Iterator[Caution]:
    runs = recorded.runs
    left = runs[(runs["role"] == "run") & ~runs["current"]]
    if left.empty:
        return
    arms = [a for a in dict.fromkeys(left["arm"]) if a not in set(_current(recorded)["arm"])]
    seeds = sorted({int(s) for s in left["seed"]} - {int(s) for s in _current(recorded)["seed"]})
    parts = [f"arms {', '.join(arms)}"] if arms else []
    parts += [f"seeds {', '.join(map(str, seeds))}"] if seeds else []
    what = " and ".join(parts) or "some combinations"
    yield Caution(
        "note",
        "left the study",
        f"{len(left)} recorded runs are no longer in the study file ({what}): not compared",
    )


def _paired_on_data(recorded: Recorded) -> Iterator[Caution]:
    arms = [label for label, arm in recorded.study.arms.items() if arm.get("paired") == "data"]
    if arms:
        text = f"{', '.join(arms)}: paired on data only, their networks are not shaped like the baseline's"
        yield Caution("note", "pairing", text)
