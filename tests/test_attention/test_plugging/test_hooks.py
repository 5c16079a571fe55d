"""What the hooks of plugs do to outputs of every form."""

import copy
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from attention.plugging.hooks import (
    CallCounter,
    LastOutput,
    MapSource,
    Route,
    Routes,
    apply_plugs,
    apply_plugs_of_call,
    reset_counter,
    store_output,
)
from attention.plugging.layouts import Layout

LAYOUT = Layout("NCHW", 2, (3, 3))
HERE = nn.Identity()


class Double(nn.Module):
    """Doubles a map."""

    def forward(self, x_BCHW: Tensor) -> Tensor:
        return 2 * x_BCHW


class Subtract(nn.Module):
    """Subtracts the second map from the first."""

    def forward(self, x_BCHW: Tensor, second_BCHW: Tensor) -> Tensor:
        return x_BCHW - second_BCHW


def maps(count: int) -> list[Tensor]:
    return [torch.full((1, 2, 3, 3), float(number + 1)) for number in range(count)]


def values(output: Any) -> list[float]:
    return [float(value.mean()) for value in output]


def test_a_counter_starts_again_after_all_calls_and_when_it_is_reset() -> None:
    counter = CallCounter(3)
    assert [counter.advance() for _ in range(5)] == [0, 1, 2, 0, 1]
    reset_counter(counter, HERE, ())
    assert counter.advance() == 0


def test_a_whole_output_goes_through_its_plug() -> None:
    y = apply_plugs({None: Route(Double(), LAYOUT, None)}, HERE, (), maps(1)[0])
    assert torch.equal(y, 2 * maps(1)[0])


@pytest.mark.parametrize("kind", [list, tuple])
def test_entries_without_a_plug_stay_and_the_container_keeps_its_type(kind: Any) -> None:
    given = kind(maps(3))
    output = apply_plugs({1: Route(Double(), LAYOUT, None)}, HERE, (), given)
    assert type(output) is kind
    assert values(output) == [1, 4, 3]
    assert output[0] is given[0]


def test_the_maps_may_be_the_first_part_of_the_output() -> None:
    rest = object()
    output = apply_plugs({0: Route(Double(), LAYOUT, None)}, HERE, (), (maps(2), rest))
    assert values(output[0]) == [2, 2]
    assert output[1] is rest


def test_a_second_map_comes_from_the_same_output_or_from_a_stored_one() -> None:
    own = Route(Subtract(), LAYOUT, MapSource(0, LAYOUT))
    assert values(apply_plugs({2: own}, HERE, (), maps(3))) == [1, 2, 2]
    last = LastOutput()
    store_output(last, HERE, (), 5 * maps(1)[0])
    other = Route(Subtract(), LAYOUT, MapSource(None, LAYOUT, last))
    assert values(apply_plugs({0: other}, HERE, (), maps(2))) == [-4, 2]


def test_each_call_has_its_own_plugs() -> None:
    counter, routes = CallCounter(2), Routes({None: Route(Double(), LAYOUT, None)})
    outputs = [apply_plugs_of_call(counter, {1: routes}, HERE, (), maps(1)[0]) for _ in range(4)]
    assert values(outputs) == [1, 2, 1, 2]


def test_a_copy_starts_without_the_stored_output() -> None:
    last = LastOutput()
    last.store(HERE, (), maps(1)[0])
    assert last.output is not None
    assert copy.deepcopy(last).output is None


def test_a_plug_that_changes_the_shape_is_rejected() -> None:
    route = Route(nn.MaxPool2d(3), LAYOUT, None)
    with pytest.raises(
        ValueError, match=r"MaxPool2d returns shape \(1, 2, 1, 1\) for a map of shape \(1, 2, 3, 3\)"
    ):
        apply_plugs({None: route}, HERE, (), maps(1)[0])
