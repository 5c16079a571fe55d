"""A user's own modules are added to the catalog from a file's text, and are checked by the contracts."""

import pickle
from collections.abc import Iterator

import pytest
import torch

from attention import CATALOG, build, canonicalize, parse
from attention.contracts.check import check_contract, check_contracts
from attention.contracts.first_step import find_fault
from attention.custom_modules import load_source, register_modules

MINE = '''
from typing import Annotated
import torch
from torch import Tensor, nn
from attention.options import Choice

class MyGate(nn.Module):
    """Scale each channel by its mean. x_BCHW -> BCHW."""
    identity = "exact"
    paper = "mine"

    def __init__(self, channels: int, *, power: Annotated[int, Choice(1, 2)] = 1) -> None:
        super().__init__()
        self.power = power
        self.weight = nn.Parameter(torch.zeros(channels, 1, 1))

    def forward(self, x_BCHW: Tensor) -> Tensor:
        mean = x_BCHW.mean((2, 3), keepdim=True)
        return x_BCHW * (1 + torch.tanh(self.weight * mean**self.power))

    def macs(self, height: int, width: int) -> int:
        return 0

class _Helper(nn.Module):
    pass
'''


@pytest.fixture(autouse=True)
def _the_catalog_stays_as_it_is() -> Iterator[None]:
    before = dict(CATALOG)
    yield
    CATALOG.clear()
    CATALOG.update(before)


def test_a_file_of_twenty_lines_joins_the_catalog() -> None:
    names = load_source(MINE, "my_gate.py")
    assert names == ("my_gate",)
    assert CATALOG["my_gate"].source == MINE
    assert parse("my_gate:power=2") == ("my_gate", {"power": 2})
    assert canonicalize("my_gate", {}) == {"power": 1}
    assert (CATALOG["my_gate"].paper, CATALOG["my_gate"].identity) == ("mine", "exact")
    assert build("my_gate", 8, power=2)(torch.ones(1, 8, 2, 2)).shape == (1, 8, 2, 2)


def test_a_custom_module_holds_the_contracts() -> None:
    load_source(MINE, "my_gate.py")
    results = check_contracts(CATALOG["my_gate"])
    assert len(results) >= 14
    assert [result for result in results if not result.holds] == []


def test_a_broken_custom_module_gets_a_reason_for_each_contract() -> None:
    text = MINE.replace("mean**self.power", "mean").replace("def macs", "def cost")
    load_source(text, "my_gate.py")
    broken = {
        result.contract: result.reason for result in check_contracts(CATALOG["my_gate"]) if not result.holds
    }
    assert broken == {
        "options_matter": "power=2 and power=1 build the same module",
        "cost": "it has no method macs(height, width)",
    }


MISTAKES = {
    "shape": (
        "return x_BCHW * (",
        "return x_BCHW[:, :, ::2] * (",
        "defaults at (15, 17): the output has shape (2, 32, 8, 17)",
    ),
    "own_randomness": (
        "mean((2, 3), keepdim=True)",
        "mean((2, 3), keepdim=True) + torch.rand(1)",
        "defaults, training=True: it drew from the global random generator",
    ),
    "narrow": ("mean =", "assert len(x_BCHW[0]) % 8 == 0; mean =", "AssertionError (my_gate.py, line 18)"),
}


@pytest.mark.parametrize("contract", MISTAKES)
def test_a_mistake_in_forward_breaks_the_contract_that_names_it(contract: str) -> None:
    old, new, why = MISTAKES[contract]
    load_source(MINE.replace(old, new), "my_gate.py")
    assert check_contract(CATALOG["my_gate"], contract) == (contract, False, why)


def test_a_module_that_cannot_be_built_gets_one_reason() -> None:
    load_source(MINE.replace("super().__init__()", "self.length = 3 // 0"), "my_gate.py")
    assert (
        find_fault(CATALOG["my_gate"])
        == "ZeroDivisionError: integer division or modulo by zero (my_gate.py, line 13)"
    )
    load_source(MINE.replace("MyGate", "Whole"), "my_gate.py")
    assert find_fault(CATALOG["whole"]) == ""


def test_a_class_made_from_another_has_its_description() -> None:
    load_source(MINE + "\nclass Sub(MyGate):\n    pass\n", "my_gate.py")
    assert (CATALOG["sub"].paper, CATALOG["sub"].identity) == ("mine", "exact")


def test_what_joined_for_a_while_leaves_the_catalog_as_it_was() -> None:
    before = dict(CATALOG)
    with register_modules([("my_gate.py", MINE)]) as names:
        assert names == ("my_gate",)
        assert CATALOG["my_gate"].source == MINE
    assert before == CATALOG


def test_the_same_text_twice_is_the_same_modules() -> None:
    assert load_source(MINE, "my_gate.py") == load_source(MINE, "from a record")


def test_custom_modules_can_be_pickled() -> None:
    load_source(MINE, "my_gate.py")
    module = build("my_gate", 4)
    x = torch.ones(1, 4, 2, 2)
    assert torch.equal(pickle.loads(pickle.dumps(module))(x), module(x))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("import nothing_of_this_name", "ModuleNotFoundError: No module named 'nothing_of_this_name'"),
        ("class :", "SyntaxError: invalid syntax"),
        ("x = 1", "no public torch module that takes `channels` first"),
        (MINE.replace("MyGate", "Cbam"), "the catalog already has a module 'cbam'"),
        (
            MINE.replace("power: Annotated[int, Choice(1, 2)] = 1", "power: int = 1"),
            "option 'power' needs one domain",
        ),
        (
            MINE.replace("*, power: Annotated[int, Choice(1, 2)] = 1", "**options"),
            "**options hides its options",
        ),
        (MINE.replace("channels", "width"), "takes `channels` first; it defines MyGate(width, power)"),
        (MINE.replace("] = 1", "] = 3"), "MyGate: option 'power': its default 3 is not one of: 1, 2"),
        (MINE.replace("Choice(1", "Chois(1"), "NameError: name 'Chois' is not defined"),
        (MINE.replace("def forward", "def forwards"), "MyGate: it has no method forward(x)"),
        (MINE.replace('"exact"', '"exactly"'), "identity='exactly': did you mean 'exact'?"),
        (MINE.replace("paper =", "year ="), "year='mine': it must be of type int"),
        (
            MINE.replace('paper = "mine"', 'exemptions = {"costs": "free"}'),
            "no contract 'costs'; did you mean 'cost'",
        ),
        (MINE.replace("MyGate", "NONE"), "the name 'none' is reserved"),
        (
            MINE + MINE.replace("MyGate", "myGate"),
            "class myGate: the catalog already has a module 'my_gate'",
        ),
        ("import my_helper", "a module file cannot import other local files"),
    ],
)
def test_an_unsuitable_file_is_rejected_in_one_line(text: str, why: str) -> None:
    with pytest.raises(ValueError) as caught:
        load_source(text, "my_gate.py")
    assert why in str(caught.value)
    assert "\n" not in str(caught.value)
