"""A study becomes runs: every arm in every setting with every seed, each checked and canonical."""

from pathlib import Path
from typing import Any

import pytest

from experiments.planning.plan import Plan, make_plan
from experiments.planning.resolver import Resolver
from tests.test_experiments.made import study

pytestmark = pytest.mark.usefixtures("deterministic")


@pytest.fixture(scope="module")
def resolver(cache: Path) -> Resolver:
    return Resolver(cache)


def planned(resolver: Resolver, arms: dict[str, Any], **changes: Any) -> Plan:
    return make_plan(
        study(arms={"none": {}, **arms}, designs=changes.pop("designs", None), search=None, **changes),
        resolver,
    )


def key_of(plan: Plan, arm: str) -> str:
    return next(cell.key for cell in plan.cells if cell.arm == arm)


def test_every_arm_runs_in_every_setting_with_every_seed(resolver: Resolver) -> None:
    found = make_plan(study(search=None), resolver)
    places = {(cell.setting, cell.arm, cell.seed) for cell in found.cells}
    assert places == {
        ("classification", arm, seed) for arm in ("none", "scse", "cse", "sse") for seed in (0, 1)
    }
    assert len(found.cells) == len({cell.key for cell in found.cells}) == 8
    assert found.study.warnings == []
    assert {arm.paired for arm in found.study.arms.values()} == {"weights"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"module": "scse"}, {"module": "scse", "options": {"kernel_size": 1}}),
        ({"module": "se", "options": {"reduction": 16}}, {"module": "se", "options": {"reduction": 32}}),
    ],
)
def test_two_spellings_of_one_network_are_one_run_and_the_study_says_so(
    one: dict[str, Any], other: dict[str, Any], resolver: Resolver
) -> None:
    found = planned(resolver, {"one": one, "other": other})
    assert key_of(found, "one") == key_of(found, "other")
    assert any("the arms one and other are the same network" in warning for warning in found.study.warnings)


def test_an_option_that_matters_makes_another_run(resolver: Resolver) -> None:
    found = planned(
        resolver, {"one": {"module": "scse"}, "other": {"module": "scse", "options": {"kernel_size": 3}}}
    )
    assert key_of(found, "one") != key_of(found, "other")
    assert found.study.warnings == []


def test_a_runs_options_are_whole_and_canonical(resolver: Resolver) -> None:
    found = planned(resolver, {"se": {"module": "se", "options": {"reduction": 32}}})
    (options, *_) = (cell.spec["arm"]["options"] for cell in found.cells if cell.arm == "se")
    assert {"reduction", "min_hidden"} <= options.keys()
    assert options["reduction"] < 32  # 16 channels over 16 and over 32 are both held at min_hidden


def test_an_aa_arm_trains_the_baselines_network_on_other_seeds(resolver: Resolver) -> None:
    found = planned(resolver, {"again": {"role": "aa", "seed_shift": 100}})
    pairs = {cell.seed: cell.spec["seed"] for cell in found.cells if cell.arm == "again"}
    assert pairs == {0: 100, 1: 101}
    assert found.study.arms["again"].paired == "nothing"
    assert found.study.warnings == []


def test_a_recipe_is_whole_in_a_run(resolver: Resolver) -> None:
    (spec, *_) = (cell.spec for cell in planned(resolver, {}).cells)
    assert spec["recipe"]["momentum"] == 0.9
    assert spec["dataset"]["options"]["noise"] is not None


def test_auto_is_decided_once_and_remembered(cache: Path) -> None:
    settings = study().model_dump(mode="json")["settings"]
    settings["classification"]["recipe"]["dtype"] = "auto"
    for known in ("bfloat16", "float32"):
        found = planned(Resolver(cache, dtypes={"classification": known}), {}, settings=settings)
        assert {cell.spec["recipe"]["dtype"] for cell in found.cells} == {known}
        assert found.study.resolved.dtypes == {"classification": known}
    decided = planned(Resolver(cache), {}, settings=settings).study.resolved.dtypes["classification"]
    assert decided in ("float32", "bfloat16")


@pytest.mark.parametrize(
    ("arms", "expected"),
    [
        ({"scs": {"module": "scs"}}, ["arms.scs", "'scse'"]),
        ({"scse": {"module": "scse", "options": {"kernal_size": 3}}}, ["arms.scse", "'kernel_size'"]),
        ({"scse": {"module": "scse", "options": {"kernel_size": 4}}}, ["arms.scse", "kernel_size", "4"]),
        ({"scse": {"module": "scse", "options": {"fusion": "ad"}}}, ["arms.scse", "fusion", "add"]),
        ({"scse": {"module": "scse", "site": "blok"}}, ["arms.scse", "block"]),
        ({"scse": {"module": "scse", "site": "skip"}}, ["arms.scse", "skip"]),
        ({"scse": {"module": "scse", "site": "stage@7"}}, ["arms.scse", "7"]),
        ({"plain": {"options": {"kernel_size": 3}}}, ["arms.plain", "change nothing"]),
        ({"plain": {"site": "stage"}}, ["arms.plain", "change nothing"]),
    ],
)
def test_an_arm_that_cannot_be_is_refused_with_its_name(
    arms: dict[str, Any], expected: list[str], resolver: Resolver
) -> None:
    with pytest.raises(ValueError) as error:
        planned(resolver, arms)
    assert "\n" not in str(error.value)
    assert [text for text in expected if text not in str(error.value)] == []


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        (("backbone", "name"), "resnet10", ["settings.classification", "'resnet10t'"]),
        (("backbone", "args"), {"chanels": [8, 8, 16, 16]}, ["chanels"]),
        (("dataset", "name"), "cluttered_digit", ["settings.classification", "'cluttered_digits'"]),
        (("dataset", "options"), {"clutterr": 3}, ["settings.classification", "'clutter'"]),
        (("dataset", "options"), {"train": 3}, ["settings.classification", "train"]),
        (("recipe", "optimizer"), "sgdd", ["settings.classification", "recipe.optimizer", "'sgd'"]),
        (("recipe", "dice"), 0.5, ["settings.classification", "recipe.dice", "nothing"]),
        (("recipe", "momentum"), 0.5, ["settings.classification", "recipe.momentum"]),
    ],
)
def test_a_setting_that_cannot_be_is_refused_with_its_name(
    path: tuple[str, str], value: Any, expected: list[str], resolver: Resolver
) -> None:
    settings = study().model_dump(mode="json")["settings"]
    settings["classification"][path[0]][path[1]] = value
    if path[1] == "momentum":
        settings["classification"]["recipe"]["optimizer"] = "adamw"
    with pytest.raises(ValueError) as error:
        planned(resolver, {}, settings=settings)
    assert "\n" not in str(error.value)
    assert [text for text in expected if text not in str(error.value)] == []


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"kernal_size": [1, 3]}, ["search.arms.scse", "'kernel_size'"]),
        ({"kernel_size": [1, 2]}, ["search.arms.scse", "kernel_size", "2"]),
        ({"fusion": ["ad"]}, ["search.arms.scse", "fusion"]),
    ],
)
def test_a_search_that_cannot_be_is_refused_before_anything_runs(
    options: dict[str, Any], expected: list[str], resolver: Resolver
) -> None:
    search = study().model_dump(mode="json")["search"] | {"arms": {"none": {}, "scse": options}}
    with pytest.raises(ValueError) as error:
        make_plan(study(search=search), resolver)
    assert [text for text in expected if text not in str(error.value)] == []


def test_a_pruning_later_than_any_training_is_refused() -> None:
    with pytest.raises(ValueError, match="changes nothing, no setting has more epochs"):
        make_plan(study(search={**_search(), "prune_after": [7]}), Resolver(Path("unused")))


def test_a_search_at_another_site_than_the_arms_own_is_refused() -> None:
    arms = {"none": {}, "scse": {"module": "scse", "site": "stage"}}
    with pytest.raises(ValueError, match=r"search.site: the arm scse has a site of its own"):
        make_plan(
            study(arms=arms, designs=[], search={**_search(), "site": "block@1"}), Resolver(Path("unused"))
        )


def _search() -> dict[str, Any]:
    return {
        "trials": 2,
        "generation": 1,
        "learning_rates": {"classification": {"low": 0.01, "high": 0.3}},
        "arms": {"none": {}, "scse": {}},
    }
