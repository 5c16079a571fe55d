"""Capacity-matched arms: the networks that are trained cost what the study asks for."""

from pathlib import Path
from typing import Any

import pytest

from experiments.config.run_spec import RunSpec
from experiments.models.build import build
from experiments.models.cost import measure_cost
from experiments.planning.plan import make_plan
from experiments.planning.resolver import Resolver
from experiments.training.data import load_data, shape_of
from tests.test_experiments.made import content, study

WIDE = {"channels": [16, 32, 64, 128], "stem_width": 8}


def settings(**backbone: Any) -> dict[str, Any]:
    one: dict[str, Any] = content()["settings"]["classification"]
    return {"classification": one | {"backbone": {"name": "resnet10t", "args": WIDE} | backbone}}


def plan_with(cache: Path, **changes: Any) -> Any:
    arms = {
        "none": {},
        "cbam": {"module": "cbam", "options": {"reduction": 2}},
        "as many parameters": {"matched": "params", "of": "cbam", "role": "control"},
        "as many MACs": {"matched": "macs", "of": "cbam", "role": "control"},
    }
    whole: dict[str, Any] = {
        "arms": arms,
        "designs": None,
        "search": None,
        "settings": settings(),
        "seeds": [0],
    }
    return make_plan(study(**(whole | changes)), Resolver(cache))


@pytest.mark.parametrize(("label", "by"), [("as many parameters", "parameters"), ("as many MACs", "macs")])
def test_a_matched_network_costs_what_the_arm_costs_within_one_part_in_a_hundred(
    label: str, by: str, cache: Path
) -> None:
    plan = plan_with(cache)
    costs = {}
    for cell in plan.cells:
        spec = RunSpec.model_validate(cell.spec, strict=False)
        shape = shape_of(load_data(spec, cache))
        costs[cell.arm] = measure_cost(build(spec, shape)[0], shape.example())
    ours, theirs, plain = (getattr(costs[arm], by) for arm in (label, "cbam", "none"))
    assert abs(ours - theirs) <= 0.01 * theirs
    assert abs(ours - theirs) < abs(plain - theirs)
    reached = plan.study.arms[label].reached["classification"]
    assert (reached.target, reached.reached) == (theirs, ours)
    assert reached.off == pytest.approx(ours / theirs - 1)
    assert plan.study.arms[label].paired == "data"
    assert not [warning for warning in plan.study.warnings if "off the" in warning]


def test_each_setting_is_matched_at_its_own_image_size(cache: Path) -> None:
    one = settings()["classification"]
    large = one | {"dataset": one["dataset"] | {"options": one["dataset"]["options"] | {"size": 80}}}
    both = plan_with(cache, settings={"small": one, "large": large})
    alone = plan_with(cache, settings={"large": large})
    label = "as many MACs"
    assert both.study.arms[label].reached["large"] == alone.study.arms[label].reached["large"]
    assert both.study.arms[label].reached["small"].target < alone.study.arms[label].reached["large"].target


def test_a_stripped_network_is_matched_as_it_is_trained(cache: Path) -> None:
    arms = {
        "none": {},
        "cbam": {"module": "cbam"},
        "m": {"matched": "params", "of": "cbam", "role": "control", "native": "strip"},
    }
    plan = plan_with(cache, arms=arms, settings=settings(name="seresnext26d_32x4d", args={}))
    spec = next(RunSpec.model_validate(cell.spec, strict=False) for cell in plan.cells if cell.arm == "m")
    network, _ = build(spec, shape_of(load_data(spec, cache)))
    assert plan.study.arms["m"].reached["classification"].reached == sum(
        p.numel() for p in network.parameters()
    )


def test_a_match_off_its_target_is_a_warning(cache: Path) -> None:
    """So few channels that one more of each is a large step."""
    narrow = settings(args={"channels": [4, 4, 4, 8], "stem_width": 4})
    warnings = plan_with(cache, settings=narrow).study.warnings
    assert [warning for warning in warnings if "off the params of cbam" in warning]


@pytest.mark.parametrize(
    ("arms", "message"),
    [
        ({"m": {"matched": "params", "of": "cban"}}, r"arms.m.of: there is no arm 'cban'.*cbam"),
        (
            {"m": {"matched": "params", "of": "n"}, "n": {"matched": "macs", "of": "cbam"}},
            "is a matched arm itself",
        ),
        ({"m": {"matched": "params"}}, "goes with `of: ARM`"),
        ({"m": {"matched": "params", "of": "cbam", "width": 2.0}}, "takes no module and no width"),
    ],
)
def test_a_matched_arm_without_a_valid_reference_is_refused(
    arms: dict[str, Any], message: str, cache: Path
) -> None:
    with pytest.raises(ValueError, match=message):
        plan_with(cache, arms={"none": {}, "cbam": {"module": "cbam"}} | arms)


def test_a_backbone_whose_width_cannot_move_is_named(cache: Path) -> None:
    with pytest.raises(
        ValueError, match=r"arms.as many parameters in classification: width: timm's efficientnet_b0"
    ):
        plan_with(cache, settings=settings(name="efficientnet_b0", args={}))
