"""The module that a control wraps, and its gate and cost."""

from typing import cast

import pytest
import torch

from attention.channel.se import Se
from attention.channel_spatial.cbam import Cbam
from attention.channel_spatial.scse import Scse
from attention.contracts.example_inputs import images, randomize
from attention.control.inner_gate import Gate, InnerGateControl, InnerKernelControl, build_inner


@pytest.mark.parametrize(("of", "make"), [("se", Se), ("cbam", Cbam), ("scse", Scse)])
def test_the_wrapped_module_is_the_one_named(of: str, make: type) -> None:
    inner = build_inner(of, 16, reduction=4, min_hidden=4, kernel_size=3)
    assert type(inner) is make
    assert inner.get_parameter("mlp.reduce.weight").shape == (4, 16)
    if of != "se":
        assert inner.get_parameter("conv.weight").shape[2:] == (3, 3)


@pytest.mark.parametrize("of", ["se", "cbam", "scse"])
def test_a_control_without_a_change_is_the_wrapped_module(of: str) -> None:
    inner = randomize(build_inner(of, 16, reduction=4, min_hidden=4, kernel_size=3)).eval()
    control, x = InnerGateControl(inner), images(2, 16, (5, 6))
    torch.testing.assert_close(control(x), inner(x))
    assert control.macs(5, 6) == cast(Gate, inner).macs(5, 6)


def test_the_kernel_size_is_inactive_for_se_only() -> None:
    inactive = {of: InnerKernelControl.inactive(of=of) for of in ("se", "cbam", "scse")}
    assert inactive == {"se": {"kernel_size"}, "cbam": set(), "scse": set()}
