"""Planning of a study: its arms, resolved and crossed with settings and seeds, give its runs."""

from collections.abc import Iterator
from typing import NamedTuple

import attention
from user_error import UserError, nearest

from ..config.run_spec import ArmSpec, Scalar
from ..config.study_plan import PlannedArm, Resolved, StudyRow
from ..config.study_spec import SearchSpec, SettingSpec, StudyArm, StudySpec
from ..store import PlannedCell
from . import capacity, search_space
from .designs import TUNED_LABEL, check_removed, expand
from .resolver import Resolver, run_spec

Settings = dict[str, SettingSpec]


class Plan(NamedTuple):
    """What is recorded of a study before anything runs: its row, and its runs."""

    study: StudyRow
    cells: list[PlannedCell]


def make_plan(study: StudySpec, resolver: Resolver) -> Plan:
    """Expand, check and resolve a study. Raises UserError that names the arm or setting that cannot run."""
    arms, families = expand(study)
    capacity.check_matched_arms(arms)
    if study.search is not None:
        _check_search(study, study.search)
    settings = resolve_settings(study, resolver)
    matcher = capacity.CapacityMatcher(arms, resolver)
    cells = [cell for name, setting in settings.items() for cell in _plan_runs(study, name, setting, matcher)]
    check_removed(families, cells)
    matches = matcher.match_all(settings)
    row = StudyRow(
        name=study.name,
        spec=study.model_dump(mode="json"),
        families=families,
        arms=_describe_arms(study, arms, matches),
        warnings=[
            *_data_warnings(resolver),
            *(f"backbone of {name}: {note}" for name, notes in resolver.notes.items() for note in notes),
            *resolver.rehearsals.warnings,
            *_same_network_warnings(cells),
            *capacity.list_warnings(arms, matches),
            *search_space.list_warnings(study, settings, resolver),
        ],
        resolved=Resolved(
            dtypes=resolver.dtypes,
            data={name: list(report.facts) for name, report in resolver.data.items()},
        ),
    )
    return Plan(row, cells)


def resolve_settings(study: StudySpec, resolver: Resolver) -> Settings:
    """Return the study's settings, resolved. Raises UserError that names the setting that cannot run."""
    settings = {}
    for name, setting in study.settings.items():
        try:
            settings[name] = resolver.resolve_setting(name, setting)
        except UserError as error:
            raise error.at(f"settings.{name}") from error
    return settings


def plan_run(
    setting_name: str, setting: SettingSpec, label: str, arm: ArmSpec, *, seed: int, seed_shift: int = 0
) -> PlannedCell:
    """Return one run of a study, for a resolved setting and arm; an A/A arm trains at `seed + seed_shift`."""
    spec = run_spec(setting, arm, seed=seed + seed_shift)
    return PlannedCell("run", setting_name, label, seed, spec.key, spec.model_dump(mode="json"))


def _plan_runs(
    study: StudySpec, setting_name: str, setting: SettingSpec, matcher: capacity.CapacityMatcher
) -> Iterator[PlannedCell]:
    """Yield the runs of every arm and seed in one setting."""
    for label, arm in matcher.arms.items():
        try:
            resolved = matcher.resolver.resolve_arm(matcher.widen(arm, setting), setting)
        except UserError as error:
            raise error.at(f"arms.{label} in {setting_name}") from error
        for seed in study.seeds:
            yield plan_run(setting_name, setting, label, resolved, seed=seed, seed_shift=arm.seed_shift)


def _check_search(study: StudySpec, search: SearchSpec) -> None:
    """Raises UserError if a search prunes too late, or would try an option or value that a module does not have."""
    longest = max(setting.recipe.epochs for setting in study.settings.values())
    for epoch in search.prune_after:
        if epoch >= longest:
            raise UserError(f"search.prune_after: {epoch} changes nothing, no setting has more epochs")
    for label, options in search.arms.items():
        arm = study.arms[label]
        if search.site and arm.site not in (ArmSpec().site, search.site):
            raise UserError(f"search.site: the arm {label} has a site of its own; give one of the two")
        for option, values in options.items():
            _check_option(f"search.arms.{label}.{option}", arm.module, option, values or ())


def _check_option(key: str, module: str, option: str, values: tuple[Scalar, ...]) -> None:
    options = {} if module == "none" else attention.read_options(attention.find(module).make)
    if option not in options:
        raise UserError(f"{key}: {module} has no such option{nearest(option, options)}")
    for value in values:
        try:
            attention.canonicalize(module, {option: value}, channels=[64])
        except UserError as error:
            raise error.at(key) from error


def _describe_arms(
    study: StudySpec, arms: dict[str, StudyArm], matches: capacity.Matches
) -> dict[str, PlannedArm]:
    """Return the arms as they are recorded, those at tuned options included."""
    described = {
        label: _describe_arm(arm, reached=capacity.describe_matches(matches[label]))
        if label in matches
        else _describe_arm(arm)
        for label, arm in arms.items()
    }
    for label in study.search.arms if study.search else ():
        site = study.search.site if study.search else None
        described[TUNED_LABEL.format(label)] = _describe_tuned_arm(arms[label], site)
    return described


def _describe_arm(arm: StudyArm, **resolved: object) -> PlannedArm:
    return PlannedArm.model_validate({**arm.model_dump(mode="json"), "paired": arm.paired, **resolved})


def _describe_tuned_arm(arm: StudyArm, site: str | None) -> PlannedArm:
    """Return an arm at the options that will win its search, at the search's site."""
    if site is None or arm.module == "none":
        return _describe_arm(arm, role="tuned")
    return _describe_arm(arm, role="tuned", site=site)


def _data_warnings(resolver: Resolver) -> Iterator[str]:
    for name, report in resolver.data.items():
        yield from (f"data of {name}: {text}" for text in report.warnings)


def _same_network_warnings(cells: list[PlannedCell]) -> list[str]:
    """Return a warning for each pair of arms that resolve to the same run: their difference changes nothing."""
    first: dict[str, str] = {}
    pairs: dict[tuple[str, str, str], None] = {}
    for cell in cells:
        other = first.setdefault(cell.key, cell.arm)
        if other != cell.arm:
            pairs[cell.setting, other, cell.arm] = None
    return [
        f"{setting}: the arms {one} and {two} are the same network: what tells them apart changes nothing here"
        for setting, one, two in pairs
    ]
