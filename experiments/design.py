"""Study -> runs: the arms that its designs ask for, resolved, crossed with settings and seeds."""

import itertools
from collections.abc import Iterator
from typing import Any, NamedTuple

import attention

from . import matched, search_space
from .config.run_spec import ArmSpec, Scalar
from .config.study_spec import (
    Factors,
    GridDesign,
    LeaveOneOutDesign,
    OneFactorDesign,
    SettingSpec,
    StudyArm,
    StudySpec,
)
from .config.suggestions import nearest
from .resolving import Resolver, run_spec
from .store import Planned, StudyRow

TUNED = "{} tuned"


class Plan(NamedTuple):
    """What is recorded of a study before anything runs."""

    study: StudyRow
    cells: list[Planned]


def plan(study: StudySpec, resolver: Resolver) -> Plan:
    """Expand and check a study; raises ValueError that names the arm or setting that cannot be."""
    arms, families = expand(study)
    matched.check(arms)
    _check_search(study)
    settings = resolved_settings(study, resolver)
    cells = [
        cell for name, setting in settings.items() for cell in _cells(study, arms, name, setting, resolver)
    ]
    matches = matched.matches(arms, settings, resolver)
    table = {label: _described(arm) for label, arm in arms.items()}
    for label, found in matches.items():
        table[label]["reached"] = matched.reached(found)
    if study.search is not None:
        table |= {TUNED.format(label): _tuned(arms[label], study.search.site) for label in study.search.arms}
    row = StudyRow(
        name=study.name, spec=study.model_dump(mode="json"), families=families, arms=table,
        warnings=[*_data_warnings(resolver), *_same_runs(cells), *matched.warnings(arms, matches),
                  *search_space.warnings(study, settings, resolver)],
        resolved={"dtypes": resolver.dtypes, "data": {name: list(one.facts) for name, one in resolver.data.items()}},
    )  # fmt: skip
    return Plan(row, cells)


def _data_warnings(resolver: Resolver) -> Iterator[str]:
    for name, report in resolver.data.items():
        yield from (f"data of {name}: {text}" for text in report.warnings)


def _check_search(study: StudySpec) -> None:
    """Every option and value that the search would try is one that the arm's module has."""
    longest = max(setting.recipe.epochs for setting in study.settings.values())
    for epoch in study.search.prune_after if study.search else ():
        if epoch >= longest:
            raise ValueError(f"search.prune_after: {epoch} changes nothing, no setting has more epochs")
    for label, options in (study.search.arms if study.search else {}).items():
        module = study.arms[label].module
        if (
            study.search
            and study.search.site
            and study.arms[label].site not in (ArmSpec().site, study.search.site)
        ):
            raise ValueError(f"search.site: the arm {label} has a site of its own; give one of the two")
        known = {} if module == "none" else attention.read(attention.find(module).make)
        for option, values in options.items():
            place = f"search.arms.{label}.{option}"
            if option not in known:
                raise ValueError(f"{place}: {module} has no such option{nearest(option, known)}")
            for value in values or ():
                _check_value(place, module, option, value)


def _check_value(place: str, module: str, option: str, value: Scalar) -> None:
    try:
        attention.canonical(module, {option: value}, channels=[64])
    except ValueError as error:
        raise ValueError(f"{place}: {error}") from error


def resolved_settings(study: StudySpec, resolver: Resolver) -> dict[str, SettingSpec]:
    """Every setting resolved; an error names the one that cannot be."""
    settings = {}
    for name, setting in study.settings.items():
        try:
            settings[name] = resolver.setting(name, setting)
        except ValueError as error:
            raise ValueError(f"settings.{name}: {error}") from error
    return settings


def expand(study: StudySpec) -> tuple[dict[str, StudyArm], list[dict[str, Any]]]:
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
            raise ValueError(
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


def _family(study: StudySpec, role: str, title: str, baseline: str, arms: list[str]) -> dict[str, Any]:
    return {
        "name": role if role == "main" else f"{role} {baseline}", "role": role, "title": title,
        "baseline": baseline, "arms": [arm for arm in arms if arm != baseline], "settings": list(study.settings),
    }  # fmt: skip


def _grid_arms(design: GridDesign) -> Iterator[tuple[str, StudyArm]]:
    for values in itertools.product(*_levels(design.module, design.factors).values()):
        options = dict(zip(design.factors, values, strict=True))
        yield (
            label_of(design.module, options),
            StudyArm(module=design.module, options={**design.options, **options}, site=design.site),
        )


def _levels(module: str, factors: Factors) -> dict[str, tuple[Scalar, ...]]:
    """The values of each factor; of null the whole domain."""
    known = attention.read(attention.find(module).make)
    found: dict[str, tuple[Scalar, ...]] = {}
    for option, values in factors.items():
        if option not in known:
            raise ValueError(f"designs: {module} has no option {option!r}{nearest(option, known)}")
        whole = known[option].domain.values() if values is None else values
        if whole is None:
            raise ValueError(f"designs: {option} has no end of values; list those to try")
        found[option] = whole
    return found


def _one_factor_arms(design: OneFactorDesign, arms: dict[str, StudyArm]) -> Iterator[tuple[str, StudyArm]]:
    reference = arms[design.reference]
    known = attention.read(attention.find(reference.module).make)
    for option, values in _levels(reference.module, design.factors).items():
        own = reference.options.get(option, known[option].default)
        for value in (value for value in values if value != own):
            changed = reference.model_copy(update={"options": {**reference.options, option: value}})
            yield label_of(design.reference, {option: value}), changed


def label_of(name: str, options: dict[str, Scalar]) -> str:
    """'scse:fusion=max,reduction=4': an arm's label as the command line would take it."""
    return f"{name}:" + ",".join(f"{option}={value}" for option, value in options.items())


def _cells(
    study: StudySpec, arms: dict[str, StudyArm], setting_name: str, setting: SettingSpec, resolver: Resolver
) -> Iterator[Planned]:
    for label, arm in arms.items():
        try:
            resolved = resolver.arm(matched.widened(arm, arms, setting, resolver), setting)
        except ValueError as error:
            raise ValueError(f"arms.{label} in {setting_name}: {error}") from error
        for seed in study.seeds:
            yield cell(setting_name, setting, label, resolved, seed=seed, shift=arm.seed_shift)


def cell(
    setting_name: str, setting: SettingSpec, label: str, arm: ArmSpec, *, seed: int, shift: int = 0
) -> Planned:
    """One run of a study; `shift` is what an A/A arm adds to the seed that it stands at."""
    spec = run_spec(setting, arm, seed=seed + shift)
    return Planned("run", setting_name, label, seed, spec.key, spec.model_dump(mode="json"))


def _described(arm: StudyArm) -> dict[str, Any]:
    return arm.model_dump(mode="json") | {"paired": arm.paired}


def _tuned(arm: StudyArm, site: str | None) -> dict[str, Any]:
    """A winner-to-be: plugged where the search plugs."""
    place = {} if site is None or arm.module == "none" else {"site": site}
    return _described(arm) | {"role": "tuned"} | place


def _same_runs(cells: list[Planned]) -> list[str]:
    """A warning for each pair of arms that come to the same training: an option between them changes nothing."""
    first: dict[str, str] = {}
    pairs: dict[tuple[str, str, str], None] = {}
    for planned in cells:
        other = first.setdefault(planned.key, planned.arm)
        if other != planned.arm:
            pairs[planned.setting, other, planned.arm] = None
    return [
        f"{setting}: the arms {one} and {two} are the same network: what tells them apart changes nothing here"
        for setting, one, two in pairs
    ]
