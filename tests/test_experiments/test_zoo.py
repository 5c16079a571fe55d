"""The study `zoo` runs every module at its default options."""

from attention import CATALOG
from experiments.study_file import read_study

ZOO = read_study("zoo")
SITES = {"gate": "block", "residual": "block", "control": "block", "branch": "conv", "two_input": "stage"}


def test_the_zoo_has_every_module_once_where_its_kind_belongs() -> None:
    modules = sorted(arm.module for arm in ZOO.arms.values() if arm.module != "none")
    assert modules == sorted(CATALOG)
    plugged = {arm.module: arm.site for arm in ZOO.arms.values() if arm.module != "none"}
    assert plugged == {name: SITES[CATALOG[name].kind] for name in plugged}


def test_every_arm_of_the_zoo_is_named_by_its_module_at_default_options() -> None:
    assert all(arm.module in (label, "none") and not arm.options for label, arm in ZOO.arms.items())


def test_controls_of_the_catalogue_are_controls_of_the_zoo() -> None:
    roles = {label: arm.role for label, arm in ZOO.arms.items() if arm.module != "none"}
    assert roles == {name: "control" if CATALOG[name].kind == "control" else "arm" for name in roles}


def test_the_zoo_runs_on_both_tasks_with_six_seeds() -> None:
    assert {setting.task for setting in ZOO.settings.values()} == {"classification", "segmentation"}
    assert len(ZOO.seeds) == 6
