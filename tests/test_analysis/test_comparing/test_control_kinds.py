"""Which arms count as which kind of control."""

import pytest

from analysis.comparing.control_kinds import KINDS, has_other_width
from experiments.config.study_plan import PlannedArm


@pytest.mark.parametrize(
    ("arm", "kinds"),
    [
        ({"module": "cse", "role": "arm"}, []),
        ({"module": "none", "role": "positive_control", "width": 0.67}, ["positive control"]),
        ({"module": "none", "role": "aa"}, ["A/A"]),
        ({"module": "constant_gate", "role": "control"}, ["constant gate"]),
        ({"module": "shuffled_gate", "role": "control"}, ["shuffled gate"]),
        ({"module": "frozen_gate", "role": "control"}, ["frozen gate"]),
        ({"module": "mean_gate", "role": "control"}, ["mean gate"]),
        ({"module": "scale_only", "role": "control"}, ["scale only"]),
        ({"module": "simam", "role": "control"}, ["parameter-free gate"]),
        ({"module": "none", "role": "control", "matched": "params"}, ["matched parameters"]),
        ({"module": "none", "role": "control", "matched": "macs"}, ["matched MACs"]),
    ],
)
def test_an_arm_is_of_its_kind_alone(arm: dict[str, object], kinds: list[str]) -> None:
    assert [kind.name for kind in KINDS if kind.matches(PlannedArm.model_validate(arm))] == kinds


def test_a_gain_must_beat_the_gates_and_the_matched_networks_only() -> None:
    assert [kind.name for kind in KINDS if not kind.compares_arms] == ["positive control", "A/A"]


@pytest.mark.parametrize(
    ("arm", "expected"),
    [
        ({"role": "control", "width": 1.5}, True),
        ({"role": "control", "width": 1.5, "matched": "params"}, False),
        ({"role": "control", "width": 1.0}, False),
        ({"role": "control"}, False),
        ({"role": "arm", "width": 1.5}, False),
    ],
)
def test_another_width_is_a_control_only_if_it_matches_no_arm(arm: dict[str, object], expected: bool) -> None:
    assert has_other_width(PlannedArm.model_validate(arm)) is expected
