"""The study `zoo` runs every module at its default options."""

from typing import Any

import pytest
import torch

from attention import CATALOG
from attention.contracts.example_inputs import images
from experiments.config.run_spec import ArmSpec, RunSpec
from experiments.config.study_file import read_study
from experiments.config.study_spec import StudyArm
from experiments.models import build
from experiments.models.blueprint import Blueprints
from experiments.models.build import Shape
from experiments.planning.rehearsal import Rehearsals

ZOO = read_study("zoo")
SHAPE = Shape(1, 64, 64, 10)
SITES = {"gate": "block", "residual": "block", "control": "block", "branch": "conv", "two_input": "stage"}


def test_the_zoo_has_every_module_once_where_its_kind_belongs() -> None:
    modules = sorted(arm.module for arm in ZOO.arms.values() if arm.module != "none")
    assert modules == sorted(CATALOG)
    plugged = {arm.module: arm.site for arm in ZOO.arms.values() if arm.module != "none"}
    assert plugged == {name: SITES[CATALOG[name].kind] for name in plugged}


def test_every_arm_of_the_zoo_is_named_by_its_module_at_default_options() -> None:
    assert all(arm.module in (label, "none") and not arm.options for label, arm in ZOO.arms.items())


def test_controls_of_the_catalog_are_controls_of_the_zoo() -> None:
    roles = {label: arm.role for label, arm in ZOO.arms.items() if arm.module != "none"}
    assert roles == {name: "control" if CATALOG[name].kind == "control" else "arm" for name in roles}


def test_the_zoo_runs_on_both_tasks_with_six_seeds() -> None:
    assert {setting.task for setting in ZOO.settings.values()} == {"classification", "segmentation"}
    assert len(ZOO.seeds) == 6


@pytest.mark.slow
@pytest.mark.parametrize("setting", ZOO.settings)
@pytest.mark.parametrize("label", [label for label, arm in ZOO.arms.items() if arm.module != "none"])
def test_every_arm_of_the_zoo_trains_a_step_as_the_plan_rehearses_it(label: str, setting: str) -> None:
    place, arm = ZOO.settings[setting], ArmSpec(**_own(ZOO.arms[label]))
    spec = RunSpec(
        task=place.task,
        dataset=place.dataset,
        backbone=place.backbone,
        decoder=place.decoder,
        arm=arm,
        recipe=place.recipe,
        seed=0,
    )
    Rehearsals(Blueprints(), torch.device("cpu")).rehearse(spec, SHAPE)
    network, _ = build.build(spec, SHAPE)
    scores = network.train()(images(4, 1, (64, 64)))
    scores.square().mean().backward()
    assert bool(scores.isfinite().all())
    grads = [p.grad for p in network.get_submodule("plugs").parameters() if p.requires_grad]
    assert all(grad is not None and bool(grad.isfinite().all()) for grad in grads)


def _own(arm: StudyArm) -> dict[str, Any]:
    return {name: getattr(arm, name) for name in ArmSpec.model_fields}
