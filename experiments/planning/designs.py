"""Expansion of a study's designs (grid, one factor, leave one out) into arms and families of comparisons."""

import itertools
import math
from collections.abc import Iterable, Iterator

import attention
from user_error import UserError, nearest

from ..config.run_spec import Scalar
from ..config.study_plan import Family
from ..config.study_spec import Factors, GridDesign, LeaveOneOutDesign, OneFactorDesign, StudyArm, StudySpec
from ..config.validation import check_size
from ..store import PlannedCell

TUNED_LABEL = "{} tuned"
"""The label of an arm at the options that win its search."""
Arms = dict[str, StudyArm]
Levels = dict[str, tuple[Scalar, ...]]
"""Factor -> the values that it takes."""


def expand(study: StudySpec) -> tuple[Arms, list[Family]]:
    """Return all arms by label, and the families of comparisons: each a baseline and the arms compared with it.

    Raises UserError if a design makes an arm of a name that is taken, or has a factor that its module does not.
    """
    arms = dict(study.arms)
    families = [_family(study, "main", f"Arms against {study.baseline}", study.baseline, list(study.arms))]
    for number, design in enumerate(study.designs):
        if isinstance(design, LeaveOneOutDesign):
            families.append(_leave_one_out_family(study, design))
            continue
        try:
            added = _added_arms(study, design, arms)
        except UserError as error:
            raise error.at(f"designs.{number}") from error
        _check_labels(design.kind, added, arms)
        arms |= added
        families.append(_added_family(study, design, list(added)))
    if study.search is not None:
        families.append(_tuned_family(study, list(study.search.arms)))
    return arms, families


def _added_arms(study: StudySpec, design: GridDesign | OneFactorDesign, arms: Arms) -> Arms:
    """Return the arms that a design adds. Raises UserError for more than the study may have, or for none."""
    if isinstance(design, GridDesign):
        levels = _factor_levels(design.module, design.factors)
        check_size(study, arms=len(arms) + math.prod(map(len, levels.values())))
        return dict(_grid_arms(design, levels))
    levels = _factor_levels(arms[design.reference].module, design.factors)
    check_size(study, arms=len(arms) + sum(map(len, levels.values())))
    return dict(_one_factor_arms(design, levels, arms))


def _check_labels(kind: str, added: Arms, arms: Arms) -> None:
    for label in added.keys() & arms.keys():
        raise UserError(f"arms.{label}: a {kind} design makes an arm of this name; rename or remove one")


def _leave_one_out_family(study: StudySpec, design: LeaveOneOutDesign) -> Family:
    title = f"What {design.full} loses without " + ", ".join(design.removed)
    return _family(study, design.kind, title, design.full, list(design.removed.values()))


def _added_family(study: StudySpec, design: GridDesign | OneFactorDesign, labels: list[str]) -> Family:
    if isinstance(design, GridDesign):
        return _family(study, design.kind, f"Grid of {design.module}", study.baseline, labels)
    title = f"One factor at a time from {design.reference}"
    return _family(study, design.kind, title, design.reference, labels)


def _tuned_family(study: StudySpec, searched: list[str]) -> Family:
    labels = [TUNED_LABEL.format(label) for label in searched]
    baseline = TUNED_LABEL.format(study.baseline)
    title = "Each arm at its own best options and learning rate"
    return _family(study, "tuned", title, baseline, labels)


def _family(study: StudySpec, role: str, title: str, baseline: str, arms: list[str]) -> Family:
    return Family(
        name=role if role == "main" else f"{role} {baseline}",
        role=role,
        title=title,
        baseline=baseline,
        arms=tuple(arm for arm in arms if arm != baseline),
        settings=tuple(study.settings),
    )


def _grid_arms(design: GridDesign, levels: Levels) -> Iterator[tuple[str, StudyArm]]:
    """Yield one arm for each combination of the factors' values."""
    for values in itertools.product(*levels.values()):
        options = dict(zip(design.factors, values, strict=True))
        yield (
            format_label(design.module, options),
            StudyArm(module=design.module, options={**design.options, **options}, site=design.site),
        )


def _factor_levels(module: str, factors: Factors) -> Levels:
    """Return the values of each factor; null stands for the whole domain of the option."""
    options = {} if module == "none" else attention.read_options(attention.find(module).make)
    levels: Levels = {}
    for option, values in factors.items():
        if option not in options:
            raise UserError(f"{module} has no option {option!r}{nearest(option, options)}")
        domain = options[option].domain.values() if values is None else values
        if domain is None:
            raise UserError(f"{option} has infinitely many values; list those to try")
        levels[option] = domain
    return levels


def _one_factor_arms(design: OneFactorDesign, levels: Levels, arms: Arms) -> Iterator[tuple[str, StudyArm]]:
    """Yield one arm for each value of each factor that differs from the reference arm's.

    Raises UserError for a factor without such a value.
    """
    reference = arms[design.reference]
    options = attention.read_options(attention.find(reference.module).make)
    for option, values in levels.items():
        own = reference.options.get(option, options[option].default)
        others = [value for value in values if value != own]
        if not others:
            raise UserError(f"factors.{option}: {own} is what {design.reference} has, so nothing varies")
        for value in others:
            changed = reference.model_copy(update={"options": {**reference.options, option: value}})
            yield format_label(design.reference, {option: value}), changed


def check_removed(families: Iterable[Family], cells: Iterable[PlannedCell]) -> None:
    """Raise UserError if an arm without a component trains the full arm's network: nothing is removed."""
    keys = {(cell.setting, cell.arm, cell.seed): cell.key for cell in cells}
    for family in families:
        for (setting, label, seed), key in keys.items() if family.role == "leave_one_out" else ():
            if label in family.arms and key == keys.get((setting, family.baseline, seed)):
                raise UserError(
                    f"designs: {label} is the same network as the full arm {family.baseline} in {setting}, "
                    "so nothing is removed"
                )


def format_label(name: str, options: dict[str, Scalar]) -> str:
    """Return an arm's label as the command line takes it, such as 'scse:fusion=max,reduction=4'."""
    return f"{name}:" + ",".join(f"{option}={value}" for option, value in options.items())
