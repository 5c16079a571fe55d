"""Every seed is a function of the run's seed and the purpose that it is used for."""

import torch
from hypothesis import given
from hypothesis import strategies as st

from experiments.reproducibility.seeding import derive_seed, local_seed

PLACES = st.lists(st.integers(0, 10**6) | st.text("abc", min_size=1, max_size=4), max_size=3)


@given(st.integers(0, 2**32 - 1), PLACES)
def test_a_derived_seed_is_one_that_torch_takes(seed: int, place: list[str | int]) -> None:
    derived = derive_seed(seed, *place)
    assert 0 <= derived < 2**63
    assert derived == derive_seed(seed, *place)
    torch.Generator().manual_seed(derived)


def test_derived_seeds_are_those_of_every_version_before() -> None:
    assert derive_seed(0, "step", 1, 2) == 7967718167125983440


def test_places_and_seeds_share_no_derived_seed() -> None:
    found = {
        derive_seed(seed, "step", epoch, step)
        for seed in range(10)
        for epoch in range(10)
        for step in range(10)
    }
    assert len(found) == 1000
    assert derive_seed(1, 11) != derive_seed(11, 1)
    assert derive_seed(1, "step", 11) != derive_seed(1, "step", 1, 1)


def test_the_body_draws_from_its_own_seed_and_moves_nothing_outside() -> None:
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    with local_seed(1, "here"):
        inside = torch.rand(3)
    assert torch.equal(torch.rand(3), expected)
    with local_seed(1, "here"):
        assert torch.equal(torch.rand(3), inside)
    with local_seed(1, "there"):
        assert not torch.equal(torch.rand(3), inside)
    with local_seed(2, "here"):
        assert not torch.equal(torch.rand(3), inside)


def test_an_error_in_the_body_leaves_the_outside_as_it_was() -> None:
    torch.manual_seed(7)
    before = torch.random.get_rng_state()
    try:
        with local_seed(1, "here"):
            torch.rand(1)
            raise KeyError
    except KeyError:
        pass
    assert torch.equal(torch.random.get_rng_state(), before)
