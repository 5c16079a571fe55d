"""The first steps of a module: a built-in one has no fault, and a watched one is seen to change what it may not."""

import pytest
import torch
from torch import Tensor, nn

from attention.catalog import CATALOG
from attention.contracts.first_step import TOKENS, CallWatch, find_fault
from attention.custom_modules import register_modules
from user_error import UserError


@pytest.mark.parametrize("name", ["se", "cbam", "danet", "attention_gate", "sk", "gumbel"])
def test_a_module_of_the_catalog_has_no_fault(name: str) -> None:
    assert find_fault(CATALOG[name]) == ""


class Careless(nn.Module):
    """Does what it is told to, then returns its input times two."""

    def __init__(self, act: str) -> None:
        super().__init__()
        self.act = act
        self.register_buffer("count", torch.zeros(1))

    def forward(self, x_BCHW: Tensor) -> Tensor:
        if self.act == "resize":
            self.count = torch.zeros(2)
        if self.act == "rectify":
            return nn.functional.relu(x_BCHW, inplace=True)
        if self.act == "count":
            self.count += 1
        return x_BCHW * 2


@pytest.mark.parametrize(
    ("act", "says"),
    [
        ("resize", "makes or replaces count"),
        ("rectify", "changes its input in place"),
        ("count", ""),
        ("", ""),
    ],
)
def test_a_watched_call_raises_for_what_would_break_a_run_and_for_nothing_else(act: str, says: str) -> None:
    module, positive = Careless(act), torch.ones(1, 2, 3, 3, requires_grad=True)
    CallWatch(module)
    if says:
        with pytest.raises(UserError, match=says):
            module(positive * 1)
    else:
        assert torch.equal(module(positive * 1), torch.full((1, 2, 3, 3), 2.0))


TOKEN_LAYERS = {
    "a layer norm": "nn.LayerNorm(channels)",
    "a linear layer": "nn.Linear(channels, channels)",
    "multi-head attention": "Attention(channels)",
    "a transformer": "nn.TransformerEncoderLayer(channels, 4, batch_first=True)",
    "a recurrent layer": "Recurrent(channels)",
}
TOKEN_MODULE = """\
from torch import nn
class Mine(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.layer = LAYER
    def forward(self, x):
        return x + self.layer(x)
class Attention(nn.MultiheadAttention):
    def __init__(self, channels):
        super().__init__(channels, 4, batch_first=True)
    def forward(self, x):
        return super().forward(x, x, x)[0]
class Recurrent(nn.GRU):
    def __init__(self, channels):
        super().__init__(channels, channels, batch_first=True)
    def forward(self, x):
        return super().forward(x)[0]
"""


@pytest.mark.parametrize("what", TOKEN_LAYERS)
def test_a_module_for_tokens_is_told_of_the_wrapper(what: str) -> None:
    with register_modules([("mine.py", TOKEN_MODULE.replace("LAYER", TOKEN_LAYERS[what]))]):
        fault = find_fault(CATALOG["mine"])
    assert "(mine.py, line " in fault
    assert fault.endswith(f"; {TOKENS}")
