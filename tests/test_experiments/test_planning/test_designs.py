"""Designs expand into arms and families of comparisons."""

from typing import Any

import pytest

from experiments.config.study_spec import StudySpec
from experiments.planning.designs import check_removed, expand, format_label
from tests.test_experiments.made import cell, run_spec, study


def with_design(**design: Any) -> StudySpec:
    scse = {"module": "scse", "options": {"kernel_size": 3, "fusion": "add"}, "site": "stage"}
    return study(arms={"none": {}, "scse": scse}, designs=[design], search=None)


def test_a_grid_has_an_arm_for_every_combination() -> None:
    arms, families = expand(
        with_design(
            kind="grid",
            module="scse",
            options={"reduction": 4},
            factors={"kernel_size": [1, 3], "fusion": ["add", "max"]},
        )
    )
    added = {label: arm.options for label, arm in arms.items() if label not in ("none", "scse")}
    assert added == {
        f"scse:kernel_size={kernel},fusion={fusion}": {
            "reduction": 4,
            "kernel_size": kernel,
            "fusion": fusion,
        }
        for kernel in (1, 3)
        for fusion in ("add", "max")
    }
    assert (families[1].baseline, families[1].arms) == ("none", tuple(added))


def test_one_factor_varies_each_alone_from_the_reference() -> None:
    arms, families = expand(
        with_design(
            kind="one_factor", reference="scse", factors={"kernel_size": [1, 3, 5], "fusion": ["add", "max"]}
        )
    )
    added = {label: arm.options for label, arm in arms.items() if label not in ("none", "scse")}
    assert added == {
        "scse:kernel_size=1": {"kernel_size": 1, "fusion": "add"},
        "scse:kernel_size=5": {"kernel_size": 5, "fusion": "add"},
        "scse:fusion=max": {"kernel_size": 3, "fusion": "max"},
    }
    assert all(arms[label].site == "stage" for label in added)
    assert (families[1].baseline, families[1].arms) == ("scse", tuple(added))


def test_leave_one_out_holds_the_arms_without_a_component_against_the_full_one() -> None:
    arms, families = expand(study(search=None))
    assert list(arms) == ["none", "scse", "cse", "sse"]
    main, left_out = families
    assert (main.baseline, main.arms) == ("none", ("scse", "cse", "sse"))
    assert (left_out.role, left_out.baseline, left_out.arms) == (
        "leave_one_out",
        "scse",
        ("cse", "sse"),
    )
    assert "spatial gate" in left_out.title


def test_a_search_compares_the_tuned_arms_with_the_tuned_baseline() -> None:
    _, families = expand(study())
    assert (families[-1].role, families[-1].baseline, families[-1].arms) == (
        "tuned",
        "none tuned",
        ("scse tuned",),
    )


def test_families_have_different_names() -> None:
    _, families = expand(study())
    assert len({family.name for family in families}) == len(families)


def test_the_value_that_the_reference_has_anyway_is_no_arm_of_its_own() -> None:
    design = {"kind": "one_factor", "reference": "cse", "factors": {"reduction": [2, 4]}}
    arms, _ = expand(study(designs=[design]))
    assert [label for label in arms if label.startswith("cse:")] == ["cse:reduction=4"]


def test_a_label_is_what_the_command_line_takes() -> None:
    assert format_label("scse", {"fusion": "max", "reduction": 4}) == "scse:fusion=max,reduction=4"


def test_null_stands_for_the_whole_domain_of_an_option() -> None:
    designs = [
        {"kind": "grid", "module": "scse", "factors": {"fusion": None}},
        {"kind": "one_factor", "reference": "m", "factors": {"pool": None}},
    ]
    arms, _ = expand(study(search=None, arms={"none": {}, "m": {"module": "se"}}, designs=designs))
    assert {"scse:fusion=add", "scse:fusion=max", "scse:fusion=mul", "scse:fusion=gate"} < arms.keys()
    assert {"m:pool=max", "m:pool=both"} < arms.keys()


@pytest.mark.parametrize(
    ("factors", "message"),
    [
        ({"penalty": None}, "designs.0: penalty has infinitely many values; list those to try"),
        ({"penalti": [0.1]}, "designs.0: simam has no option 'penalti'; did you mean 'penalty'"),
    ],
)
def test_a_factor_that_gives_no_values_is_refused(factors: dict[str, object], message: str) -> None:
    designs = [{"kind": "grid", "module": "simam", "factors": factors}]
    with pytest.raises(ValueError, match=message):
        expand(study(search=None, designs=designs))


def test_a_design_may_not_make_an_arm_of_a_name_that_is_taken() -> None:
    arms = {"none": {}, "scse": {"module": "scse"}, "scse:fusion=add": {"module": "scse"}}
    designs = [{"kind": "grid", "module": "scse", "factors": {"fusion": ["add"]}}]
    with pytest.raises(ValueError, match=r"arms\.scse:fusion=add: a grid design makes an arm of this name"):
        expand(study(search=None, arms=arms, designs=designs))


def test_a_grid_of_too_many_arms_is_refused_before_it_is_made() -> None:
    factors = {
        name: [f"v{number}" for number in range(80)] for name in ("kernel_size", "fusion", "reduction")
    }
    planned = study(search=None, designs=[{"kind": "grid", "module": "scse", "factors": factors}])
    with pytest.raises(
        ValueError, match=r"designs\.0: 512,004 arms x 1 settings make 512,004 arms, more than 500"
    ) as error:
        expand(planned)
    assert "`limits: {arms: 512004}` allows them" in str(error.value)


def test_the_limits_of_a_study_allow_more() -> None:
    values = [number / 1e5 for number in range(1, 601)]
    designs = [{"kind": "grid", "module": "simam", "factors": {"penalty": values}}]
    arms, _ = expand(study(search=None, designs=designs, limits={"arms": 604}))
    assert len(arms) == 604
    with pytest.raises(ValueError, match="604 arms, more than 603"):
        expand(study(search=None, designs=designs, limits={"arms": 603}))


def test_a_factor_that_has_only_the_references_own_value_is_refused() -> None:
    design = {"kind": "one_factor", "reference": "cse", "factors": {"reduction": [2]}}
    with pytest.raises(
        ValueError, match=r"designs\.0: factors\.reduction: 2 is what cse has, so nothing varies"
    ):
        expand(study(search=None, designs=[design]))


def test_a_component_whose_removal_changes_no_run_is_refused() -> None:
    families = expand(study(search=None))[1]
    cells = [cell(run_spec(seed=number), arm, seed=0) for number, arm in enumerate(("scse", "cse", "sse"))]
    check_removed(families, cells)
    same = [each._replace(key=cells[0].key) if each.arm == "sse" else each for each in cells]
    with pytest.raises(ValueError, match="sse is the same network as the full arm scse in classification"):
        check_removed(families, same)
