"""Search spaces: whole domains without the values that do not fit, with their declared distributions."""

from pathlib import Path
from typing import Any

import pytest
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution

from experiments.config.study_spec import StudySpec
from experiments.planning.plan import make_plan
from experiments.planning.resolver import Resolver
from experiments.search.search import propose_cells, replay_searches
from experiments.store import StoreWriter
from tests.test_experiments.made import content, study, study_row

pytestmark = pytest.mark.usefixtures("deterministic")
LEFT_OUT = "16, 32, 64 left out (site layer1.0.bn2 (8 channels): sge: 16 groups do not divide 8 channels)"


@pytest.fixture(scope="module")
def resolver(cache: Path) -> Resolver:
    return Resolver(cache)


def study_with_search(module: str, options: dict[str, Any], **changes: Any) -> StudySpec:
    rates = {"classification": {"low": 0.01, "high": 0.3}}
    search = {
        "trials": 4,
        "generation": 2,
        "learning_rates": rates,
        "arms": {"none": {}, "m": options},
        **changes,
    }
    return study(search=search, arms={"none": {}, "m": {"module": module}}, designs=None)


def distributions(spec: StudySpec, resolver: Resolver, store: StoreWriter) -> dict[str, BaseDistribution]:
    store.save_study(study_row(), [])
    found = {search.arm: search.distributions for search in replay_searches(spec, resolver, store)}["m"]
    return {option: one for option, one in found.items() if option != "learning_rate"}


def test_what_does_not_fit_is_left_out_of_a_whole_domain_and_the_plan_says_so(
    resolver: Resolver, store: StoreWriter
) -> None:
    spec = study_with_search("sge", {"groups": None})
    warnings = make_plan(spec, resolver).study.warnings
    assert [text for text in warnings if "search.arms" in text] == [
        f"classification: search.arms.m.groups: {LEFT_OUT}"
    ]
    assert distributions(spec, resolver, store) == {"groups": CategoricalDistribution((2, 4, 8))}
    cells, _ = propose_cells(spec, resolver, store)
    assert len([cell for cell in cells if cell.role == "trial"]) == 4


def test_a_listed_value_that_does_not_fit_is_refused_by_the_plan(resolver: Resolver) -> None:
    message = r"search\.arms\.m\.groups: 16 does not fit: site layer1\.0\.bn2 \(8 channels\): .* \(in classification\)"
    with pytest.raises(ValueError, match=message):
        make_plan(study_with_search("sge", {"groups": [4, 16]}), resolver)


def test_values_that_fit_alone_but_not_together_are_not_proposed(
    resolver: Resolver, store: StoreWriter
) -> None:
    """At 12 channels a reduction of 2 gives 6 hidden ones, which 2 groups divide and 4 do not."""
    args = {"channels": [12, 12, 12, 12], "stem_width": 4}
    one = content()["settings"]["classification"] | {"backbone": {"name": "resnet10t", "args": args}}
    options = {"groups": [2, 4], "reduction": [2, 4]}
    spec = study_with_search("bat", options, trials=12, generation=12)
    spec = study(**(spec.model_dump(mode="json") | {"settings": {"classification": one}}))
    store.save_study(study_row(), [])
    found = next(search for search in replay_searches(spec, resolver, store) if search.arm == "m")
    pairs = [(trial.params["groups"], trial.params["reduction"]) for trial in found.trials]
    assert len(pairs) == 12
    assert set(pairs) == {(2, 2), (2, 4), (4, 4)}


@pytest.mark.parametrize(
    ("module", "option", "expected"),
    [
        ("simam", "penalty", FloatDistribution(1e-6, 0.1, log=True)),
        ("bam", "convolutions", IntDistribution(1, 3)),
        ("spatial_gate", "kernel_size", IntDistribution(1, 15, step=2)),
        ("scse", "fusion", CategoricalDistribution(("add", "max", "mul", "gate"))),
    ],
)
def test_a_whole_domain_is_searched_as_it_is_declared(
    module: str, option: str, expected: BaseDistribution, resolver: Resolver, store: StoreWriter
) -> None:
    assert distributions(study_with_search(module, {option: None}), resolver, store) == {option: expected}
