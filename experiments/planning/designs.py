"""A study's arms and families of comparisons, expanded from its designs (grid, one factor, leave one out)."""

import itertools
from collections.abc import Iterator

import attention
from user_error import UserError

from ..config.run_spec import Scalar
from ..config.study_plan import Family
from ..config.study_spec import Factors, GridDesign, LeaveOneOutDesign, OneFactorDesign, StudyArm, StudySpec
from ..config.suggestions import nearest

TUNED = "{} tuned"


def expand(study: StudySpec) -> tuple[dict[str, StudyArm], list[Family]]:
    """All arms by label, and the families of comparisons: each a baseline and the arms held against it."""
    arms = dict(study.arms)
    families = [_family(study, "main", f"Arms against {study.baseline}", study.baseline, list(study.arms))]
    for design in study.designs:
        if isinstance(design, LeaveOneOutDesign):
            title = f"What {design.full} loses without " + ", ".join(design.removed)
            families.append(_family(study, design.kind, title, design.full, list(design.removed.values())))
            continue
        added = dict(_grid_arms(design) if isinstance(design, GridDesign) else _one_factor_arms(design, arms))
        for label in added.keys() & arms.keys():
            raise UserError(
                f"arms.{label}: a {design.kind} design makes an arm of this name; rename or remove one"
            )
        arms |= added
        baseline = study.baseline if isinstance(design, GridDesign) else design.reference
        title = (
            f"Grid of {design.module}"
            if isinstance(design, GridDesign)
            else f"One factor at a time from {baseline}"
        )
        families.append(_family(study, design.kind, title, baseline, list(added)))
    if study.search is not None:
        labels = [TUNED.format(label) for label in study.search.arms]
        baseline = TUNED.format(study.baseline)
        families.append(
            _family(study, "tuned", "Each arm at its own best options and learning rate", baseline, labels)
        )
    return arms, families


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
    for values in itertools.product(*_levels(design.module, design.factors).values()):
        options = dict(zip(design.factors, values, strict=True))
        yield (
            label_of(design.module, options),
            StudyArm(module=design.module, options={**design.options, **options}, site=design.site),
        )


def _levels(module: str, factors: Factors) -> dict[str, tuple[Scalar, ...]]:
    """The values of each factor; of null the whole domain."""
    known = attention.read_options(attention.find(module).make)
    found: dict[str, tuple[Scalar, ...]] = {}
    for option, values in factors.items():
        if option not in known:
            raise UserError(f"designs: {module} has no option {option!r}{nearest(option, known)}")
        whole = known[option].domain.values() if values is None else values
        if whole is None:
            raise UserError(f"designs: {option} has no end of values; list those to try")
        found[option] = whole
    return found


def _one_factor_arms(design: OneFactorDesign, arms: dict[str, StudyArm]) -> Iterator[tuple[str, StudyArm]]:
    reference = arms[design.reference]
    known = attention.read_options(attention.find(reference.module).make)
    for option, values in _levels(reference.module, design.factors).items():
        own = reference.options.get(option, known[option].default)
        for value in (value for value in values if value != own):
            changed = reference.model_copy(update={"options": {**reference.options, option: value}})
            yield label_of(design.reference, {option: value}), changed


def label_of(name: str, options: dict[str, Scalar]) -> str:
    """'scse:fusion=max,reduction=4': an arm's label as the command line would take it."""
    return f"{name}:" + ",".join(f"{option}={value}" for option, value in options.items())
