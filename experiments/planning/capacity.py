"""Capacity-matched baselines: the plain network, widened until it costs as much as the arm it is matched to."""

from collections.abc import Mapping

import torch

from user_error import UserError, nearest

from ..config.run_spec import ArmSpec, Native, RunSpec
from ..config.study_spec import SettingSpec, StudyArm
from ..models import build, placement
from ..models.blueprint import network_key
from ..models.cost import count_parameters, measure_cost
from ..models.width import FixedWidth, SameWidth
from .resolver import Resolver, bare_run
from .width_search import Match, find_width

Arms = Mapping[str, StudyArm]
Matches = dict[str, dict[str, Match]]
"""Arm -> setting -> the width that matches its capacity."""


def check_matched_arms(arms: Arms) -> None:
    """Raises UserError if a matched arm refers to an arm that does not exist, or to another matched arm."""
    for label, arm in arms.items():
        if arm.of is not None and arm.of not in arms:
            raise UserError(f"arms.{label}.of: there is no arm {arm.of!r}{nearest(arm.of, arms)}")
        if arm.of is not None and arms[arm.of].matched:
            raise UserError(f"arms.{label}.of: {arm.of} is a matched arm itself; name an arm with a module")


class CapacityMatcher:
    """Widens the matched arms of a study; each distinct width is searched once."""

    def __init__(self, arms: Arms, resolver: Resolver) -> None:
        self.arms, self.resolver = arms, resolver
        self._matches: dict[str, Match] = {}

    def widen(self, arm: StudyArm, setting: SettingSpec) -> StudyArm:
        """Return a matched arm at the width that it has in this setting, and any other arm unchanged.

        Raises UserError if the setting's backbone cannot be widened, or not far enough.
        """
        match = self._match(arm, setting)
        return arm if match is None else arm.model_copy(update={"width": match.width})

    def match_all(self, settings: Mapping[str, SettingSpec]) -> Matches:
        """Return the match of each matched arm in each setting."""
        return {
            label: {
                name: match
                for name, setting in settings.items()
                if (match := self._match(arm, setting)) is not None
            }
            for label, arm in self.arms.items()
            if arm.matched
        }

    def _match(self, arm: StudyArm, setting: SettingSpec) -> Match | None:
        if arm.matched is None or arm.of is None:
            return None
        reference = self.resolver.resolve_arm(self.arms[arm.of], setting)
        if setting.backbone.pretrained is not False:
            raise UserError("matched: another width does not fit the setting's pretrained weights")
        run, shape = bare_run(setting, reference), self.resolver.input_shape(setting)
        key = f"{arm.matched} {arm.native} {network_key(run, shape)}"
        if key not in self._matches:
            network, _ = build.build(run, shape)
            target = _count(arm.matched, network, shape)
            if target is None:
                reason = measure_cost(network, shape.example()).reason
                raise UserError(
                    f"matched: macs: the multiply-adds of {arm.of} cannot be counted ({reason}); "
                    "matched: params works"
                )
            self._matches[key] = find_width(
                target, lambda width: self._cost_at(width, setting, arm.matched, arm.native)
            )
        return self._matches[key]

    def _cost_at(self, width: float, setting: SettingSpec, unit: str | None, native: Native) -> int | None:
        """Return the cost of the plain network at a width, or None if it cannot be built at that width."""
        run = bare_run(setting, ArmSpec(width=width, native=native))
        shape = self.resolver.input_shape(setting)
        try:
            counted = _count(unit, _build_plain(run, shape, "meta"), shape)
            return counted if counted is not None else _count(unit, _build_plain(run, shape, "cpu"), shape)
        except SameWidth:
            return self._cost_at(1.0, setting, unit, native)
        except FixedWidth:
            raise
        except UserError:
            return None


def _build_plain(run: RunSpec, shape: build.Shape, device: str) -> torch.nn.Module:
    with torch.device(device):
        network = build.build_plain(run, shape)
        placement.strip_native_attention(network, run.arm)
    return network


def _count(unit: str | None, network: torch.nn.Module, shape: build.Shape) -> int | None:
    """Return the network's parameters ("params"), or its multiply-adds on one image ("macs") if they can be counted."""
    if unit == "params":
        return count_parameters(network)
    return measure_cost(network, shape.example()).macs


def describe_matches(matches: Mapping[str, Match]) -> dict[str, dict[str, float]]:
    """Return an arm's matches as they are recorded: setting -> width, target, reached, off (relative)."""
    return {setting: match._asdict() | {"off": match.off} for setting, match in matches.items()}


def list_warnings(arms: Arms, matches: Matches) -> list[str]:
    """Return one warning for each arm and setting whose cost is more than 1 % off its target."""
    return [
        f"{setting}: {label} is {match.off:+.1%} off the {arms[label].matched} of {arms[label].of}"
        f" ({match.reached:,} for {match.target:,}): {_explain(match)}"
        for label, by_setting in matches.items()
        for setting, match in by_setting.items()
        if not match.is_close
    ]


def _explain(match: Match) -> str:
    return "no width comes nearer" if match.off < 0 or match.width > 1 else "only widths from 1 are tried"
