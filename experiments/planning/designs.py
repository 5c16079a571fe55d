"""Expansion of a study's designs (grid, one factor, leave one out) into arms and families of comparisons."""

import itertools
from collections.abc import Iterator

import attention
from user_error import UserError, nearest

from ..config.run_spec import Scalar
from ..config.study_plan import Family
from ..config.study_spec import Factors, GridDesign, LeaveOneOutDesign, OneFactorDesign, StudyArm, StudySpec

TUNED_LABEL = "{} tuned"
"""The label of an arm at the options that win its search."""
Arms = dict[str, StudyArm]


def expand(study: StudySpec) -> tuple[Arms, list[Family]]:
    """Return all arms by label, and the families of comparisons: each a baseline and the arms compared with it.

    Raises UserError if a design makes an arm of a name that is taken, or has a factor that its module does not.
    """
    arms = dict(study.arms)
    families = [_family(study, "main", f"Arms against {study.baseline}", study.baseline, list(study.arms))]
    for design in study.designs:
        if isinstance(design, LeaveOneOutDesign):
            families.append(_leave_one_out_family(study, design))
            continue
        added = dict(_grid_arms(design) if isinstance(design, GridDesign) else _one_factor_arms(design, arms))
        _check_labels(design.kind, added, arms)
        arms |= added
        families.append(_added_family(study, design, list(added)))
    if study.search is not None:
        families.append(_tuned_family(study, list(study.search.arms)))
    return arms, families


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


def _grid_arms(design: GridDesign) -> Iterator[tuple[str, StudyArm]]:
    """Yield one arm for each combination of the factors' values."""
    for values in itertools.product(*_factor_levels(design.module, design.factors).values()):
        options = dict(zip(design.factors, values, strict=True))
        yield (
            format_label(design.module, options),
            StudyArm(module=design.module, options={**design.options, **options}, site=design.site),
        )


def _factor_levels(module: str, factors: Factors) -> dict[str, tuple[Scalar, ...]]:
    """Return the values of each factor; null stands for the whole domain of the option."""
    options = attention.read_options(attention.find(module).make)
    levels: dict[str, tuple[Scalar, ...]] = {}
    for option, values in factors.items():
        if option not in options:
            raise UserError(f"designs: {module} has no option {option!r}{nearest(option, options)}")
        domain = options[option].domain.values() if values is None else values
        if domain is None:
            raise UserError(f"designs: {option} has infinitely many values; list those to try")
        levels[option] = domain
    return levels


def _one_factor_arms(design: OneFactorDesign, arms: Arms) -> Iterator[tuple[str, StudyArm]]:
    """Yield one arm for each value of each factor that differs from the reference arm's."""
    reference = arms[design.reference]
    options = attention.read_options(attention.find(reference.module).make)
    for option, values in _factor_levels(reference.module, design.factors).items():
        own = reference.options.get(option, options[option].default)
        for value in (value for value in values if value != own):
            changed = reference.model_copy(update={"options": {**reference.options, option: value}})
            yield format_label(design.reference, {option: value}), changed


def format_label(name: str, options: dict[str, Scalar]) -> str:
    """Return an arm's label as the command line takes it, such as 'scse:fusion=max,reduction=4'."""
    return f"{name}:" + ",".join(f"{option}={value}" for option, value in options.items())
