"""What an arm's search may try: the values of its options that fit where its module goes.

A module's groups need not divide every site's channels. What a study lists must fit; of a whole domain (null) what
does not fit is left out, with a warning.
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
    """What may be tried of one option: `values`, None for all of the declared domain; what was left out, and why."""

    domain: Domain
    values: tuple[Scalar, ...] | None
    left_out: tuple[Scalar, ...] = ()
    why: str = ""


def spaces(
    study: StudySpec, label: str, setting: SettingSpec, resolver: Resolver
) -> tuple[StudyArm, dict[str, Space]]:
    """The arm at the search's site, and the space of each of its searched options in this setting."""
    search = _search(study)
    arm = study.arms[label]
    if arm.module == "none":
        return arm, {}
    if search.site is not None:
        arm = arm.model_copy(update={"site": search.site})
    known = attention.read_options(attention.find(arm.module).make)
    return arm, {
        option: _space(
            f"search.arms.{label}.{option}", arm, option, known[option].domain, values, setting, resolver
        )
        for option, values in search.arms[label].items()
    }


def with_options(arm: StudyArm, options: Mapping[str, Scalar]) -> StudyArm:
    """The arm with some of its options set."""
    return arm.model_copy(update={"options": {**arm.options, **options}})


def warnings(study: StudySpec, settings: Mapping[str, SettingSpec], resolver: Resolver) -> Iterator[str]:
    """What is left out of whole domains. Raises UserError for a listed value that does not fit."""
    for name, setting in settings.items():
        for label in study.search.arms if study.search else ():
            try:
                _, found = spaces(study, label, setting, resolver)
            except UserError as error:
                raise UserError(f"{error} (in {name})") from error
            for option, space in found.items():
                if space.left_out:
                    left = ", ".join(map(str, space.left_out))
                    yield f"{name}: search.arms.{label}.{option}: {left} left out ({space.why})"


def _search(study: StudySpec) -> SearchSpec:
    if study.search is None:
        raise UserError(f"{study.name} has no search")
    return study.search


def _space(
    place: str,
    arm: StudyArm,
    option: str,
    domain: Domain,
    given: tuple[Scalar, ...] | None,
    setting: SettingSpec,
    resolver: Resolver,
) -> Space:
    values = domain.values() if given is None else given
    if values is None:
        return Space(domain, None)
    refused = {
        value: resolver.why_it_does_not_fit(with_options(arm, {option: value}), setting) for value in values
    }
    fitting = tuple(value for value, why in refused.items() if not why)
    left_out = tuple(value for value, why in refused.items() if why)
    why = next((why for why in refused.values() if why), "")
    if left_out and (given is not None or not fitting):
        raise UserError(f"{place}: {left_out[0]} does not fit: {why}")
    return Space(domain, None if given is None and not left_out else fitting, left_out, why)
