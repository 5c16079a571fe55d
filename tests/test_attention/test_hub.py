"""torch.hub finds every module by name, with nothing but this folder."""

from pathlib import Path
from typing import Any, cast

import pytest
import torch

import hubconf
from attention import CATALOG
from attention.channel_spatial.cbam import Cbam

ROOT = str(Path(__file__).parents[2])
hub = cast(Any, torch.hub)


def test_the_hub_loads_a_module_with_options() -> None:
    module = hub.load(ROOT, "cbam", channels=64, reduction=8, source="local")
    assert isinstance(module, Cbam)
    assert module.mlp.reduce.out_features == 8


def test_the_hub_loads_a_module_of_two_inputs_for_two_widths() -> None:
    gate = hub.load(ROOT, "attention_gate", channels=64, context_channels=32, source="local")
    y = gate(torch.ones(2, 64, 8, 8), torch.ones(2, 32, 4, 4))
    assert y.shape == (2, 64, 8, 8)
    with pytest.raises(ValueError, match="se: context_channels is for two-input modules only"):
        hub.load(ROOT, "se", channels=64, context_channels=32, source="local")


def test_the_hub_lists_and_explains_every_module() -> None:
    entry_points = {name for name, value in vars(hubconf).items() if callable(value) and name[0] != "_"}
    assert entry_points == set(CATALOG)
    assert all("-> BCHW" in str(vars(hubconf)[name].__doc__) for name in CATALOG)
