"""Study -> runs: the arms that its designs ask for, resolved, crossed with settings and seeds."""

from collections.abc import Iterator
from typing import NamedTuple

import attention
from user_error import UserError

from ..config.run_spec import ArmSpec, Scalar
from ..config.study_plan import PlannedArm, Resolved, StudyRow
from ..config.study_spec import SettingSpec, StudyArm, StudySpec
from ..config.suggestions import nearest
from ..store import PlannedCell
from . import capacity, search_space
from .designs import TUNED, expand
from .resolver import Resolver, run_spec


class Plan(NamedTuple):
    """What is recorded of a study before anything runs."""

    study: StudyRow
    cells: list[PlannedCell]


def plan(study: StudySpec, resolver: Resolver) -> Plan:
    """Expand and check a study; raises UserError that names the arm or setting that cannot be."""
    arms, families = expand(study)
    capacity.check(arms)
    _check_search(study)
    settings = resolved_settings(study, resolver)
    matcher = capacity.CapacityMatcher(arms, resolver)
    cells = [cell for name, setting in settings.items() for cell in _cells(study, name, setting, matcher)]
    matches = matcher.matches(settings)
    table = {
        label: _planned(arm, reached=capacity.reached(matches[label])) if label in matches else _planned(arm)
        for label, arm in arms.items()
    }
    if study.search is not None:
        table |= {TUNED.format(label): _tuned(arms[label], study.search.site) for label in study.search.arms}
    row = StudyRow(
        name=study.name,
        spec=study.model_dump(mode="json"),
        families=families,
        arms=table,
        warnings=[
            *_data_warnings(resolver),
            *_same_runs(cells),
            *capacity.warnings(arms, matches),
            *search_space.warnings(study, settings, resolver),
        ],
        resolved=Resolved(
            dtypes=resolver.dtypes, data={name: list(one.facts) for name, one in resolver.data.items()}
        ),
    )
    return Plan(row, cells)


def _data_warnings(resolver: Resolver) -> Iterator[str]:
    for name, report in resolver.data.items():
        yield from (f"data of {name}: {text}" for text in report.warnings)


def _check_search(study: StudySpec) -> None:
    """Every option and value that the search would try is one that the arm's module has."""
    longest = max(setting.recipe.epochs for setting in study.settings.values())
    for epoch in study.search.prune_after if study.search else ():
        if epoch >= longest:
            raise UserError(f"search.prune_after: {epoch} changes nothing, no setting has more epochs")
    for label, options in (study.search.arms if study.search else {}).items():
        module = study.arms[label].module
        if (
            study.search
            and study.search.site
            and study.arms[label].site not in (ArmSpec().site, study.search.site)
        ):
            raise UserError(f"search.site: the arm {label} has a site of its own; give one of the two")
        known = {} if module == "none" else attention.read_options(attention.find(module).make)
        for option, values in options.items():
            place = f"search.arms.{label}.{option}"
            if option not in known:
                raise UserError(f"{place}: {module} has no such option{nearest(option, known)}")
            for value in values or ():
                _check_value(place, module, option, value)


def _check_value(place: str, module: str, option: str, value: Scalar) -> None:
    try:
        attention.canonicalize(module, {option: value}, channels=[64])
    except UserError as error:
        raise error.at(place) from error


def resolved_settings(study: StudySpec, resolver: Resolver) -> dict[str, SettingSpec]:
    """Every setting resolved; an error names the one that cannot be."""
    settings = {}
    for name, setting in study.settings.items():
        try:
            settings[name] = resolver.setting(name, setting)
        except UserError as error:
            raise error.at(f"settings.{name}") from error
    return settings


def _cells(
    study: StudySpec, setting_name: str, setting: SettingSpec, matcher: capacity.CapacityMatcher
) -> Iterator[PlannedCell]:
    for label, arm in matcher.arms.items():
        try:
            resolved = matcher.resolver.arm(matcher.widened(arm, setting), setting)
        except UserError as error:
            raise error.at(f"arms.{label} in {setting_name}") from error
        for seed in study.seeds:
            yield cell(setting_name, setting, label, resolved, seed=seed, shift=arm.seed_shift)


def cell(
    setting_name: str, setting: SettingSpec, label: str, arm: ArmSpec, *, seed: int, shift: int = 0
) -> PlannedCell:
    """One run of a study; `shift` is what an A/A arm adds to the seed that it stands at."""
    spec = run_spec(setting, arm, seed=seed + shift)
    return PlannedCell("run", setting_name, label, seed, spec.key, spec.model_dump(mode="json"))


def _planned(arm: StudyArm, **resolved: object) -> PlannedArm:
    return PlannedArm.model_validate({**arm.model_dump(mode="json"), "paired": arm.paired, **resolved})


def _tuned(arm: StudyArm, site: str | None) -> PlannedArm:
    """An arm at the options that will win its search, plugged where the search plugs."""
    if site is None or arm.module == "none":
        return _planned(arm, role="tuned")
    return _planned(arm, role="tuned", site=site)


def _same_runs(cells: list[PlannedCell]) -> list[str]:
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
