"""Matched arms of a study: the plain network as wide as makes it cost what another arm costs."""

from collections.abc import Mapping

from .config.study_spec import SettingSpec, StudyArm
from .config.suggestions import nearest
from .matching import Match
from .resolving import Resolver

Arms = Mapping[str, StudyArm]
Matches = dict[str, dict[str, Match]]
"""By arm and setting."""


def check(arms: Arms) -> None:
    """Raises ValueError where a matched arm names one that is not there, or is matched itself."""
    for label, arm in arms.items():
        if arm.of is not None and arm.of not in arms:
            raise ValueError(f"arms.{label}.of: there is no arm {arm.of!r}{nearest(arm.of, arms)}")
        if arm.of is not None and arms[arm.of].matched:
            raise ValueError(f"arms.{label}.of: {arm.of} is a matched arm itself; name an arm with a module")


def widened(arm: StudyArm, arms: Arms, setting: SettingSpec, resolver: Resolver) -> StudyArm:
    """A matched arm at the width that it comes to in this setting; any other arm as it is."""
    if arm.matched is None or arm.of is None:
        return arm
    found = resolver.matched(arm.matched, resolver.arm(arms[arm.of], setting), setting, native=arm.native)
    return arm.model_copy(update={"width": found.width})


def matches(arms: Arms, settings: Mapping[str, SettingSpec], resolver: Resolver) -> Matches:
    """How near each matched arm comes in each setting."""
    return {
        label: {
            name: resolver.matched(
                arm.matched, resolver.arm(arms[arm.of], setting), setting, native=arm.native
            )
            for name, setting in settings.items()
        }
        for label, arm in arms.items()
        if arm.matched and arm.of
    }


def reached(found: Mapping[str, Match]) -> dict[str, dict[str, float]]:
    """What is recorded of an arm's matches: width, target, reached and off (relative), by setting."""
    return {setting: one._asdict() | {"off": one.off} for setting, one in found.items()}


def warnings(arms: Arms, found: Matches) -> list[str]:
    """One line for each match that is none."""
    return [
        f"{setting}: {label} is {one.off:+.1%} off the {arms[label].matched} of {arms[label].of}"
        f" ({one.reached:,} for {one.target:,}): {_why(one)}"
        for label, by_setting in found.items()
        for setting, one in by_setting.items()
        if not one.close
    ]


def _why(found: Match) -> str:
    return "no width comes nearer" if found.off < 0 or found.width > 1 else "only widths from 1 are tried"
