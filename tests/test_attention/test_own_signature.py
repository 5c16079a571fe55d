"""Public module files join as they are where that is clear; otherwise the line says what mends it."""

import copy
import pickle

import pytest
import torch

from attention import build, find, read_options
from attention.catalog import UNFIT
from attention.contracts.first_step import find_fault
from attention.custom_modules import register_modules
from user_error import UserError

HEAD = (
    "import torch\nfrom typing import Annotated\nfrom torch import nn\nfrom attention.options import Choice\n"
)
BODY = """
    def forward(self, x):
        return x * torch.sigmoid(self.mix(x))
"""


def gate(signature: str, width: str, *, name: str = "Mine", outputs: str = "") -> str:
    """A class whose convolution has `width` channels, and `outputs` (the same if left out)."""
    return (
        f"class {name}(nn.Module):\n    def __init__(self, {signature}):\n        super().__init__()\n"
        f"        self.mix = nn.Conv2d({width}, {outputs or width}, 1)\n{BODY}"
    )


SQUEEZE = """
class SELayer(nn.Module):
    def __init__(self, channel, reduction=4):
        super(SELayer, self).__init__()
        self.fc = nn.Sequential(nn.Linear(channel, channel // reduction), nn.Linear(channel // reduction, channel))
    def forward(self, x):
        return x * torch.sigmoid(self.fc(x.mean((2, 3))))[:, :, None, None]
"""
HELPERS = """
class Flatten(nn.Module):
    def forward(self, x):
        return x.flatten(1)
class ConvBN(nn.Module):
    def __init__(self, in_planes, out_planes, kernel_size):
        super().__init__()
        self.conv = nn.Conv2d(in_planes, out_planes, kernel_size)
    def forward(self, x):
        return self.conv(x)
class SE(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(channels, 1, 1))
    def forward(self, x):
        return x * (1 + self.weight)
class Block(nn.Module):
    def __init__(self, dim, ratio=4, act=nn.ReLU):
        super().__init__()
        self.flatten, self.gate, self.mix = Flatten(), SE(dim), ConvBN(dim, dim, 1)
    def forward(self, x):
        return self.gate(self.mix(x))
"""
FREE = """
class Free(nn.Module):
    def forward(self, x):
        return x * torch.sigmoid(x.mean((2, 3), keepdim=True))
"""
NAMES = (
    "in_channels channel dim inplanes in_planes c1 C planes d_model gate_channels num_features in_ch n_feats "
    "embed_dim inp channel_in filters"
)

JOIN: dict[str, tuple[str, tuple[str, ...]]] = {
    **{f"channels called {name}": (gate(name, name), ("mine",)) for name in NAMES.split()},
    "inputs and outputs": (gate("inp, oup, k=3", "inp", outputs="oup"), ("mine",)),
    "two numbers of YOLO's files": (gate("c1, c2", "c1", outputs="c2"), ("mine",)),
    "options by position": (SQUEEZE, ("selayer",)),
    "helper classes": (HELPERS, ("block",)),
    "no channels at all": (FREE, ("free",)),
    "a wrapper of a name of the catalog's": (
        gate("dim", "dim", name="CBAM") + "class OwnCBAM(CBAM): pass\n",
        ("own_cbam",),
    ),
    "channels named in the file": (
        gate("k=1, width=64", "width") + "channels_as = 'width'\n",
        ("mine",),
    ),
    "channels named by class": (
        gate("k=1, width=8", "width") + "channels_as = {'Mine': 'width'}\n",
        ("mine",),
    ),
    "an option by position": (gate("dim, power: Annotated[int, Choice(1, 2)] = 1", "dim"), ("mine",)),
}


@pytest.mark.parametrize("what", JOIN)
def test_a_public_file_joins_as_it_is(what: str) -> None:
    text, names = JOIN[what]
    with register_modules([("mine.py", HEAD + text)]) as joined:
        assert joined == names
        for name in names:
            assert find_fault(find(name)) == ""
            module = build(name, 12).eval()
            x = torch.rand(2, 12, 3, 5)
            assert module(x).shape == x.shape
            assert torch.equal(pickle.loads(pickle.dumps(module))(x), module(x))
            assert type(build(name, 12)) is type(module)


def test_an_option_by_position_with_a_domain_can_be_set() -> None:
    with register_modules([("mine.py", HEAD + JOIN["an option by position"][0])]):
        assert list(read_options(find("mine").make)) == ["power"]
        assert build("mine", 8, power=2)
        with pytest.raises(ValueError, match="power=3 is not one of: 1, 2"):
            build("mine", 8, power=3)


def test_an_argument_without_a_domain_keeps_its_default_and_the_line_says_how_to_set_it() -> None:
    with (
        register_modules([("mine.py", HEAD + SQUEEZE)]),
        pytest.raises(
            ValueError,
            match=r"it keeps 4: to set it, declare `reduction: Annotated\[int, Choice\(4, ...\)\] = 4`",
        ),
    ):
        build("selayer", 8, reduction=2)


def test_a_class_that_does_not_fit_says_why_when_it_is_used_and_blocks_no_other() -> None:
    heads = gate("dim, heads", "dim", name="Heads")
    with register_modules([("mine.py", HEAD + SQUEEZE + heads)]) as names:
        assert names == ("selayer",)
        with pytest.raises(
            ValueError, match=r"modules 'mine.py': Heads: 'heads' has no default; add to the file"
        ):
            find("heads")
    assert UNFIT == {}


REFUSED = {
    "a required argument": (
        gate("dim, num_heads", "dim"),
        "Mine: 'num_heads' has no default; add to the file: class OwnMine(Mine): def __init__(self, channels): "
        "super().__init__(dim=channels, num_heads=...)",
    ),
    "channels of another name": (
        gate("k=3, gw=64", "gw"),
        "if 'gw' of Mine is the number of channels, write `modules: [{file: mine.py, channels_as: {Mine: gw}}]`",
    ),
    "only options": (
        gate("kernel_size=3, heads=16", "8"),
        "it defines Mine(kernel_size, heads); add to the file: class OwnMine(Mine): def __init__(self, channels): "
        "super().__init__()",
    ),
    "only options, one of which may be the channels": (
        gate("k=3, gw=64", "gw"),
        "channels_as: {Mine: gw}}]` in the study, otherwise add to the file: class OwnMine(Mine): "
        "def __init__(self, channels): super().__init__()",
    ),
    "a required option": (
        gate("kernel_size=7", "8") + gate("groups", "groups", name="Sge"),
        "class OwnMine(Mine): def __init__(self, channels): super().__init__(); "
        "add to the file: class OwnSge(Sge): def __init__(self, channels): super().__init__(groups=...)",
    ),
    "a name of the catalog's": (
        gate("dim", "dim", name="CBAM"),
        "or add `class OwnCBAM(CBAM): pass` to the file",
    ),
    "options that are hidden": (
        gate("dim, **more", "dim"),
        "class OwnMine(Mine): def __init__(self, channels)",
    ),
    "a forward of three maps": (
        gate("dim", "dim").replace("(self, x)", "(self, x, H, W)"),
        "its forward takes x, H, W, and a plug gives one map",
    ),
    "no forward": (gate("dim", "dim").replace("forward", "call"), "it has no method forward(x)"),
    "a forward that is a number": (gate("dim", "dim") + "Mine.forward = 3\n", "it has no method forward(x)"),
    "a class that is not there": (
        gate("dim", "dim") + "channels_as = {'Mein': 'dim'}\n",
        "did you mean 'Mine'?",
    ),
    "an argument that is not there": (
        gate("dim", "dim") + "channels_as = {'Mine': 'dims'}\n",
        "Mine has no argument 'dims'; did you mean 'dim'?",
    ),
    "an argument of no class": (gate("dim", "dim") + "channels_as = 'w'\n", "no class has an argument 'w'"),
    "a number for an argument": (
        gate("dim", "dim") + "channels_as = {'Mine': 3}\n",
        "3 is no argument's name",
    ),
    "a relative import": ("from .helpers import x\n", "a module file cannot import other local files"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_file_that_cannot_join_is_one_line_that_says_what_mends_it(what: str) -> None:
    text, says = REFUSED[what]
    with pytest.raises(ValueError) as caught, register_modules([("mine.py", HEAD + text)]):
        pass
    assert says in str(caught.value)
    assert str(caught.value).startswith("modules 'mine.py': ")
    assert "\n" not in str(caught.value)


class _Refuses:
    """A descriptor that cannot be read from the class."""

    def __get__(self, instance: object, owner: type) -> None:
        raise AttributeError("only of an instance")


@pytest.mark.parametrize("what", ["_Refuses()", "property(lambda self: None)"])
def test_a_forward_that_is_no_method_is_a_line(what: str) -> None:
    text = f"{HEAD}from {__name__} import _Refuses\n{gate('dim', 'dim')}Mine.forward = {what}\n"
    with (
        pytest.raises(UserError, match=r"^modules 'mine.py': Mine: it has no method forward\(x\)$"),
        register_modules([("mine.py", text)]),
    ):
        pass


@pytest.mark.parametrize(("what", "says"), [("len", "Mine returns 2 for a map"), ("torch.relu", "")])
def test_a_function_of_c_is_a_forward(what: str, says: str) -> None:
    text = f"{HEAD}{gate('dim', 'dim')}Mine.forward = {what}\n"
    with register_modules([("mine.py", text)]):
        assert find_fault(find("mine")).startswith(says)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_scripted_module_joins() -> None:
    text = gate("dim", "dim").replace("nn.Module", "torch.jit.ScriptModule")
    text = text.replace("    def forward", "    @torch.jit.script_method\n    def forward")
    with register_modules([("mine.py", HEAD + text)]):
        assert find_fault(find("mine")) == ""
        copied = copy.deepcopy(build("mine", 12))
        assert copied(torch.rand(2, 12, 3, 5)).shape == (2, 12, 3, 5)


def test_a_message_names_the_class_of_the_file_also_where_the_channels_are_given_twice() -> None:
    halved = gate("inp, oup", "inp", outputs="oup").replace("return x *", "return x[:, :, 1:] *")
    with register_modules([("mine.py", HEAD + halved)]):
        text = find_fault(find("mine"))
        assert pickle.loads(pickle.dumps(find("mine").make)) is find("mine").make
    assert "ForChannels" not in text
    halved = halved.replace("torch.sigmoid(self.mix(x))", "1")
    with register_modules([("mine.py", HEAD + halved)]):
        assert find_fault(find("mine")).startswith("Mine returns shape (2, 32, 7, 8) for a map of shape")
