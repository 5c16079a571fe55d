"""Capacity-matched baselines: the plain network, widened until it costs as much as the arm it is matched to."""

from collections.abc import Mapping

import torch

from user_error import UserError

from ..config.run_spec import ArmSpec, Native
from ..config.study_spec import SettingSpec, StudyArm
from ..config.suggestions import nearest
from ..models import build, placement
from ..models.blueprint import network_key
from ..models.cost import measure_cost
from ..models.width import FixedWidth, SameWidth
from .resolver import Resolver, bare_run
from .width_search import Match, match

Arms = Mapping[str, StudyArm]
Matches = dict[str, dict[str, Match]]
"""Arm -> setting -> the width that was found."""


def check(arms: Arms) -> None:
    """Raises UserError where a matched arm names one that is not there, or is matched itself."""
    for label, arm in arms.items():
        if arm.of is not None and arm.of not in arms:
            raise UserError(f"arms.{label}.of: there is no arm {arm.of!r}{nearest(arm.of, arms)}")
        if arm.of is not None and arms[arm.of].matched:
            raise UserError(f"arms.{label}.of: {arm.of} is a matched arm itself; name an arm with a module")


class CapacityMatcher:
    """Widens the matched arms of a study, and remembers the widths that it has found."""

    def __init__(self, arms: Arms, resolver: Resolver) -> None:
        self.arms, self.resolver = arms, resolver
        self._found: dict[str, Match] = {}

    def widened(self, arm: StudyArm, setting: SettingSpec) -> StudyArm:
        """A matched arm at the width that it comes to in this setting; any other arm as it is."""
        found = self._match(arm, setting)
        return arm if found is None else arm.model_copy(update={"width": found.width})

    def matches(self, settings: Mapping[str, SettingSpec]) -> Matches:
        """The width of each matched arm in each setting, with the costs that it brings together."""
        return {
            label: {
                name: found
                for name, setting in settings.items()
                if (found := self._match(arm, setting)) is not None
            }
            for label, arm in self.arms.items()
            if arm.matched
        }

    def _match(self, arm: StudyArm, setting: SettingSpec) -> Match | None:
        """Raises UserError where this backbone's width cannot change, or not so far."""
        if arm.matched is None or arm.of is None:
            return None
        other = self.resolver.arm(self.arms[arm.of], setting)
        if setting.backbone.pretrained is not False:
            raise UserError("matched: another width does not fit the setting's pretrained weights")
        shape = self.resolver.shape(setting)
        question = f"{arm.matched} {arm.native} {network_key(bare_run(setting, other), shape)}"
        if question not in self._found:
            network, _ = build.build(bare_run(setting, other), shape)
            target = _cost_by(arm.matched, network, shape)
            self._found[question] = match(
                target, lambda width: self._cost_at(width, setting, arm.matched, arm.native)
            )
        return self._found[question]

    def _cost_at(self, width: float, setting: SettingSpec, by: str | None, native: Native) -> int | None:
        """What the plain network costs at a width; None where it cannot be built at that width."""
        run, shape = bare_run(setting, ArmSpec(width=width, native=native)), self.resolver.shape(setting)
        try:
            with torch.device("meta"):
                network = build.build_plain(run, shape)
                placement.strip_native_attention(network, run.arm)
            return _cost_by(by, network, shape)
        except SameWidth:
            return self._cost_at(1.0, setting, by, native)
        except FixedWidth:
            raise
        except UserError:
            return None


def _cost_by(by: str | None, network: torch.nn.Module, shape: build.Shape) -> int:
    found = measure_cost(network, shape.example())
    return found.parameters if by == "params" else found.macs


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
