"""Names of outputs, and which module returned a tensor."""

import pytest
import torch
from torch import Tensor, nn

from attention.plugging.layouts import Layout
from attention.plugging.probed_model import ProbedModel, StageOutput, is_segmenter, parse_output_name

from .models import photo, unet


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("layer1", ("layer1", None, None)),
        ("a.0#2", ("a.0", 1, None)),
        ("a.0[1]", ("a.0", None, 1)),
        ("a.0#3[0]", ("a.0", 2, 0)),
    ],
)
def test_an_outputs_name_holds_its_module_call_and_entry(
    name: str, found: tuple[str, int | None, int | None]
) -> None:
    assert parse_output_name(name) == found


class Small(nn.Module):
    """A convolution whose output is scaled and sliced, and one that is called twice."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.twice = nn.Conv2d(3, 8, 1), nn.Conv2d(8, 8, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        y = self.conv(x)
        return self.twice(self.twice(y)) * 2, x.mean((2, 3))


@pytest.fixture(name="probed")
def _probed() -> ProbedModel:
    return ProbedModel(Small(), torch.rand(1, 3, 8, 8))


def test_outputs_are_named_by_call_and_entry_where_there_are_several(probed: ProbedModel) -> None:
    names = [probed.name(call, None) for call in probed.graph.calls]
    assert names == ["conv", "twice#1", "twice#2", ""]
    assert probed.name(probed.calls_by_name[""][0], 1) == "[1]"


def test_only_maps_become_candidates(probed: ProbedModel) -> None:
    found = probed.candidates(["conv", "twice", ""])
    assert [candidate.name for candidate in found] == ["conv", "twice#1", "twice#2", "[0]"]
    assert {candidate.layout for candidate in found} == {Layout("NCHW", 8, (8, 8))}
    assert [candidate.calls for candidate in found] == [1, 2, 2, 1]


def test_the_source_of_a_scaled_tensor_is_the_module_before_the_scaling(probed: ProbedModel) -> None:
    scaled = probed.calls_by_name[""][0].outputs[0]
    assert scaled.operation == "mul"
    source = probed.find_source(scaled)
    assert source is not None
    assert (source[0].name, source[0].number, source[1]) == ("twice", 1, None)
    pooled = probed.calls_by_name[""][0].outputs[1]
    assert probed.find_source(pooled) is None


def test_a_stage_is_the_first_that_ends_after_the_time(probed: ProbedModel) -> None:
    layout, node = Layout("NCHW", 8, (8, 8)), probed.graph.nodes[0]
    stages = [StageOutput(name, layout, node, end_time) for name, end_time in (("a", 3), ("b", 7))]
    assert [probed.stage(moment, stages) for moment in (1, 3, 4, 9)] == [1, 1, 2, 2]
    assert probed.stage(1, []) == 1


def test_the_trunk_of_a_segmenter_is_its_encoder_without_the_wrapper() -> None:
    probed = ProbedModel(unet("tu-resnet18"), photo())
    assert (probed.trunk_name, probed.trunk_prefix) == ("encoder.model", "encoder.model.")
    assert is_segmenter(probed.model)
    assert not is_segmenter(Small())
