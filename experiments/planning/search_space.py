"""The search space of an arm: the values of its options that fit at the sites of its module.

A module's groups need not divide the channels of every site. A listed value that does not fit is an error; of a whole
domain (null) such values are left out, with a warning.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import attention
from attention.options import Domain
from user_error import UserError

from ..config.run_spec import Scalar
from ..config.study_spec import SearchSpec, SettingSpec, StudyArm, StudySpec
from .resolver import Resolver


class Space(NamedTuple):
    """The values to try of one option (None: the whole domain), and those left out, with the reason of the first."""

    domain: Domain
    values: tuple[Scalar, ...] | None
    left_out: tuple[Scalar, ...] = ()
    reason: str = ""


def build_spaces(
    study: StudySpec, label: str, setting: SettingSpec, resolver: Resolver
) -> tuple[StudyArm, dict[str, Space]]:
    """Return the arm at the search's site, and the space of each searched option in this setting.

    Raises UserError for a listed value that does not fit.
    """
    search = _search_spec(study)
    arm = study.arms[label]
    if arm.module == "none":
        return arm, {}
    if search.site is not None:
        arm = arm.model_copy(update={"site": search.site})
    options = attention.read_options(attention.find(arm.module).make)
    return arm, {
        option: _build_space(
            f"search.arms.{label}.{option}", arm, option, options[option].domain, values, setting, resolver
        )
        for option, values in search.arms[label].items()
    }


def set_options(arm: StudyArm, options: Mapping[str, Scalar]) -> StudyArm:
    """Return the arm with some of its options set."""
    return arm.model_copy(update={"options": {**arm.options, **options}})


def list_warnings(study: StudySpec, settings: Mapping[str, SettingSpec], resolver: Resolver) -> Iterator[str]:
    """Yield a warning for each option of which values are left out. Raises UserError for a listed value."""
    for name, setting in settings.items():
        for label in study.search.arms if study.search else ():
            try:
                _, spaces = build_spaces(study, label, setting, resolver)
            except UserError as error:
                raise UserError(f"{error} (in {name})") from error
            for option, space in spaces.items():
                if space.left_out:
                    values = ", ".join(map(str, space.left_out))
                    yield f"{name}: search.arms.{label}.{option}: {values} left out ({space.reason})"


def _search_spec(study: StudySpec) -> SearchSpec:
    if study.search is None:
        raise UserError(f"{study.name} has no search")
    return study.search


def _build_space(
    key: str,
    arm: StudyArm,
    option: str,
    domain: Domain,
    listed: tuple[Scalar, ...] | None,
    setting: SettingSpec,
    resolver: Resolver,
) -> Space:
    values = domain.values() if listed is None else listed
    if values is None:
        return Space(domain, None)
    reasons = {
        value: resolver.why_it_does_not_fit(set_options(arm, {option: value}), setting) for value in values
    }
    fitting = tuple(value for value, reason in reasons.items() if not reason)
    left_out = tuple(value for value, reason in reasons.items() if reason)
    reason = next((reason for reason in reasons.values() if reason), "")
    if left_out and (listed is not None or not fitting):
        raise UserError(f"{key}: {left_out[0]} does not fit: {reason}")
    return Space(domain, None if listed is None and not left_out else fitting, left_out, reason)
