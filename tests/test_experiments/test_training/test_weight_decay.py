"""What is decayed: against the layers that hold each parameter, timm's own lists, and the other task."""

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
import timm
import torch
from torch import Tensor, nn

import attention
from attention.custom_modules import register_modules
from experiments.config.run_spec import ArmSpec, BackboneSpec, DecoderSpec, RecipeSpec, RunSpec, Task
from experiments.models.build import Shape, build
from experiments.training.optimizer import create_optimizer, resolve_momentum
from experiments.training.weight_decay import scales_or_shifts, undecayed
from tests.sources import ROOT
from tests.test_experiments.made import run_spec

LAYERS = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d)
HELD_BY_NO_LAYER = {"srm": {"weight"}}
"""Weights (C, 2) that mix each channel's mean and deviation, as a convolution would."""
LISTED_BY_TIMM = [
    "test_vit",
    "beit_base_patch16_224",
    "levit_128s",
    "mvitv2_tiny",
    "twins_svt_small",
    "test_maxvit",
]


def decayed(network: nn.Module) -> set[str]:
    """The names that the optimizer decays."""
    recipe = resolve_momentum(RecipeSpec(weight_decay=0.01))
    names = {id(weight): name for name, weight in network.named_parameters()}
    groups = create_optimizer(network, recipe, steps=5).optimizer.param_groups
    held = [(group["weight_decay"], names[id(weight)]) for group in groups for weight in group["params"]]
    assert len(held) == len({name for _, name in held}) == sum(p.requires_grad for p in network.parameters())
    assert {decay for decay, _ in held} <= {0.0, 0.01}
    return {name for decay, name in held if decay}


def weights_of_layers(network: nn.Module) -> set[str]:
    """The weights of all layers that mix channels or positions: of all but depthwise 1x1 convolutions."""
    return {
        f"{path}.weight".removeprefix(".")
        for path, layer in network.named_modules()
        if isinstance(layer, LAYERS)
        and (isinstance(layer, nn.Linear) or layer.weight[0].numel() > 1 or layer.groups < layer.out_channels)
    }


@pytest.mark.parametrize("module", attention.CATALOG)
def test_no_value_of_an_option_changes_what_is_decayed(module: str) -> None:
    make = attention.find(module).make
    values = [
        (name, value)
        for name, option in attention.read_options(make).items()
        for value in option.domain.values() or ()
    ]
    for name, value in values:
        try:
            network = make(64, **{name: value})
        except ValueError:
            continue  # a value that needs another one beside it
        expected = weights_of_layers(network) | HELD_BY_NO_LAYER.get(module, set())
        assert {one for one, _ in network.named_parameters()} - undecayed(network) == expected, (name, value)


@pytest.mark.parametrize("module", attention.CATALOG)
def test_of_every_module_the_weights_of_its_layers_are_decayed_and_nothing_else(module: str) -> None:
    network = attention.find(module).make(64)
    if not any(weight.requires_grad for weight in network.parameters()):
        assert undecayed(network) <= {name for name, _ in network.named_parameters()}
        return
    assert decayed(network) == weights_of_layers(network) | HELD_BY_NO_LAYER.get(module, set())


def test_the_gate_of_the_readme_is_not_decayed(tmp_path: Path) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (source,) = [
        block for block in re.findall(r"```python\n(.*?)```", text, re.DOTALL) if "class MyGate" in block
    ]
    with register_modules([(str(tmp_path / "my_gate.py"), source)]):
        assert undecayed(attention.find("my_gate").make(8)) == {"weight"}


class Rows(nn.Module):
    """Parameters of all shapes that no layer holds."""

    def __init__(self) -> None:
        super().__init__()
        for name, shape in {
            "number": (),
            "vector": (4,),
            "per_channel": (1, 4, 1, 1),
            "kernel": (4, 4, 3, 3),
            "pos_table": (1, 9, 4),
            "cls_token": (1, 2, 4),
            "attention_biases": (2, 9),
            "matrix": (4, 4),
            "declared": (4, 5),
        }.items():
            self.register_parameter(name, nn.Parameter(torch.zeros(shape)))
        self.norm, self.scale = nn.LayerNorm((4, 3, 3)), nn.Conv2d(4, 4, 1, groups=4)
        self.mix, self.query = nn.Conv2d(4, 1, 1), nn.MultiheadAttention(4, 2)

    def no_weight_decay(self) -> set[str]:
        return {"declared"}


def test_the_rule_reads_shapes_layers_and_names() -> None:
    expected = {"kernel", "matrix", "mix.weight", "query.in_proj_weight", "query.out_proj.weight"}
    assert decayed(Rows()) == expected
    assert decayed(nn.Sequential(Rows())) == {f"0.{name}" for name in expected}


class NormedLinear(nn.Linear):
    """A linear layer whose class is named after a norm."""


class NormalizedConv(nn.Conv2d):
    """A convolution whose class is named after a norm."""


class PatchLayerNorm(nn.Module):
    """A norm with a scale for each channel and row."""

    def __init__(self) -> None:
        super().__init__()
        self.stretch = nn.Parameter(torch.ones(4, 3))


class NormalizedAttention(nn.Module):
    """A module that mixes channels itself, and whose class is named after a norm."""

    def __init__(self) -> None:
        super().__init__()
        self.mix = nn.Parameter(torch.ones(4, 4))


def table(*shape: int) -> nn.Parameter:
    return nn.Parameter(torch.zeros(shape))


NAMED: dict[str, tuple[nn.Module | nn.Parameter, bool]] = {
    "position_embedding": (nn.Embedding(49, 8), False),
    "relative_position_bias": (nn.Embedding(9, 8), False),
    "relative_attention_bias": (nn.Embedding(32, 8), False),
    "row_embed": (nn.Embedding(50, 8), False),
    "col_embed": (nn.Embedding(50, 8), False),
    "rel_pos": (nn.Embedding(9, 8), False),
    "wpe": (nn.Embedding(49, 8), False),
    "height_embedding": (nn.Embedding(7, 8), False),
    "word_embedding": (nn.Embedding(49, 8), True),
    "position_attention": (nn.Embedding(49, 8), True),
    "pe": (table(1, 49, 8), False),
    "rpe_table": (table(9, 8), False),
    "row_embedding": (table(50, 8), False),
    "posEmbed": (table(1, 49, 8), False),
    "rel_height": (table(15, 8), False),
    "row_mix": (table(8, 8), True),
    "pos_attn_weight": (table(8, 8), True),
    "open": (table(8, 8), True),
    "query_tokens": (table(1, 4, 8), False),
    "pos_attn": (nn.Conv2d(8, 8, 1), True),
    "pos_att": (nn.Conv2d(8, 8, 1), True),
    "posAttention": (nn.Linear(8, 8), True),
    "pos_self_attn": (nn.MultiheadAttention(8, 2), True),
    "pos_attn_block": (nn.ModuleDict({"query": nn.Conv2d(8, 8, 1)}), True),
    "pos_attn_mixed": (nn.ModuleDict({"rel_pos": nn.Linear(2, 8)}), False),
    "attn_pos": (nn.Linear(2, 8), False),
    "pos_conv": (nn.Conv2d(8, 8, 3, groups=8), False),
    "position_encoding": (nn.ModuleDict({"mlp": nn.Linear(2, 8)}), False),
    "position_module": (nn.Conv2d(8, 8, 1), True),
    "cpb_mlp": (nn.Sequential(nn.Linear(2, 8)), False),
    "normed": (NormedLinear(8, 8), True),
    "normalized": (NormalizedConv(8, 8, 3), True),
    "attend": (NormalizedAttention(), True),
    "patches": (PatchLayerNorm(), False),
    "planes": (nn.LayerNorm((4, 3, 3)), False),
    "norm": (nn.Linear(8, 8), True),
}
"""A part's name -> the part, and whether those of its parameters with more than one axis are decayed."""


@pytest.mark.parametrize("name", NAMED)
def test_names_of_positions_and_norms_are_told_from_layers_that_mix(name: str) -> None:
    part, is_decayed = NAMED[name]
    network = nn.Module()
    setattr(network, name, part)
    tables = {own for own, weight in network.named_parameters() if weight.ndim > 1}
    assert tables
    assert tables & undecayed(network) == (set() if is_decayed else tables)
    inside = nn.ModuleDict({"layer": network})
    assert undecayed(inside) == {f"layer.{own}" for own in undecayed(network)}


@pytest.mark.parametrize("declaration", [lambda self: 1 / 0, lambda self: "weight", 3])
def test_a_declaration_that_cannot_be_read_is_the_users_mistake(declaration: object) -> None:
    module = type("Odd", (nn.Linear,), {"no_weight_decay": declaration})(2, 2)
    with pytest.raises(ValueError, match=r"^Odd\.no_weight_decay: must be a method that returns a set"):
        undecayed(module)


def missed(architecture: str) -> list[str]:
    """Parameters that timm's list of this architecture leaves undecayed and the rule alone does not."""
    with torch.device("meta"):
        network = timm.create_model(architecture)
    patterns: Iterable[str] = getattr(network, "no_weight_decay", set)()
    modules = dict(network.named_modules())
    listed = [
        (name, weight)
        for name, weight in network.named_parameters()
        if any(fnmatchcase(name, pattern) for pattern in patterns)
    ]
    return [
        name
        for name, weight in listed
        if not scales_or_shifts(name, weight, modules[name.rpartition(".")[0]])
    ]


@pytest.mark.parametrize("architecture", LISTED_BY_TIMM)
def test_the_rule_needs_no_list_of_timms(architecture: str) -> None:
    assert missed(architecture) == []


@pytest.mark.slow
def test_the_rule_covers_the_lists_of_all_of_timms_families() -> None:
    families: dict[str, str] = {}
    for name in sorted(timm.list_models(), key=len):
        families.setdefault(timm.models.model_entrypoint(name).__module__, name)
    assert len(families) > 70
    assert {name: names for name in families.values() if (names := missed(name))} == {}


def spec_of(task: Task, backbone: BackboneSpec, module: str, decoder: DecoderSpec) -> RunSpec:
    changes = {"backbone": backbone, "decoder": decoder if task == "segmentation" else None}
    return run_spec(task, arm=ArmSpec(module=module)).model_copy(update=changes)


@pytest.mark.parametrize(
    ("backbone", "decoder", "size", "module"),
    [
        (BackboneSpec(name="swin_s3_tiny_224", args={"embed_dim": 24}), DecoderSpec(), 224, "gct"),
        (BackboneSpec(name="test_vit", args={"img_size": 64}), DecoderSpec(neck=16), 64, "constant_gate"),
        (BackboneSpec(name="levit_128s"), DecoderSpec(neck=16), 224, "none"),
        (BackboneSpec(name="resnet10t"), DecoderSpec(), 64, "shuffle"),
    ],
    ids=lambda value: value.name if isinstance(value, BackboneSpec) else None,
)
def test_a_backbone_and_its_modules_are_decayed_alike_in_both_tasks(
    backbone: BackboneSpec, decoder: DecoderSpec, size: int, module: str
) -> None:
    def by_name(task: Task) -> dict[str, tuple[bool, int]]:
        network, _ = build(spec_of(task, backbone, module, decoder), Shape(3, size, size, 2))
        without = undecayed(network)
        return {own_name(name): (name in without, weight.ndim) for name, weight in network.named_parameters()}

    alone, wrapped = by_name("classification"), by_name("segmentation")
    common = alone.keys() & wrapped.keys()
    assert len(common) > 0.6 * len([name for name in alone if not name.startswith(("fc", "head"))])
    assert {name: alone[name] for name in common} == {name: wrapped[name] for name in common}
    assert any(plain and axes > 1 for plain, axes in (alone[name] for name in common)) or module == "none"


def own_name(name: str) -> str:
    """A parameter's name in its backbone: SMP and timm's feature networks put words before it, or _ for a dot."""
    inside = re.sub(r"^encoder\.(model\.|backbone\.)+", "", name)
    return re.sub(r"^plugs\.(encoder\W(model|backbone)\W)?", "plugs.", inside).replace("_", ".")


def test_frozen_parameters_are_not_given_to_the_optimizer() -> None:
    network = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    frozen: Tensor = network.get_parameter("0.weight")
    frozen.requires_grad_(False)
    assert decayed(network) == {"1.weight"}
