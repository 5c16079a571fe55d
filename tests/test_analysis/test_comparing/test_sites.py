"""One module at several sites."""

from collections.abc import Mapping

from analysis.comparing.sites import compare_sites
from analysis.frames import Study
from experiments.config.study_plan import PlannedArm
from tests.test_analysis.small_family import compare_scores

BASE = [70.0, 71.0, 72.0, 70.5, 71.5, 72.5]
FAMILY = compare_scores(
    {"a": {"none": BASE, "early": [b + 1.0 for b in BASE], "late": [b + 2.0 for b in BASE], "other": BASE}}
)


def study(**arms: Mapping[str, object]) -> Study:
    planned = {label: PlannedArm.model_validate(arm) for label, arm in arms.items()}
    return Study("small", {"margin": 1.0}, [], planned, [])


def test_arms_that_differ_in_their_site_alone_are_compared() -> None:
    results = compare_sites(
        study(
            early={"module": "se", "site": "block@1", "options": {"reduction": 4}},
            late={"module": "se", "site": "block@4", "options": {"reduction": 4}},
            other={"module": "se", "site": "block@2", "options": {"reduction": 8}},
        ),
        FAMILY,
    )
    assert [(r.module, r.site, r.setting, r.difference) for r in results] == [
        ("se (reduction 4)", "block@1", "a", 1.0),
        ("se (reduction 4)", "block@4", "a", 2.0),
    ]
    assert [r.verdict for r in results] == [FAMILY.cell(arm, "a").verdict for arm in ("early", "late")]


def test_a_single_site_the_baseline_and_its_copies_are_left_out() -> None:
    arms = {
        "early": {"module": "se", "site": "block"},
        "late": {"module": "se", "site": "block@4", "role": "aa"},
        "other": {"module": "none", "site": "block@1"},
    }
    assert compare_sites(study(**arms), FAMILY) == []
