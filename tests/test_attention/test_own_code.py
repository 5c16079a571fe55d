"""A user's own code: what it raises names its line, and what it changes in torch is put back."""

import sys

import pytest
import torch

from attention.own_code import execute_source, is_interrupt, read_settings, restore_settings
from user_error import UserError, describe_error, own_code_place

FAILS = {
    "exits": ("import sys\nsys.exit(3)\n", "SystemExit: 3 (mine.py, line 2)"),
    "interrupts": ("\n\nraise KeyboardInterrupt\n", "KeyboardInterrupt (mine.py, line 3)"),
    "closes": ("raise GeneratorExit('x')\n", "GeneratorExit: x (mine.py, line 1)"),
    "iterates": ("def f():\n    next(iter(()))\nf()\n", "StopIteration (mine.py, line 2)"),
    "syntax": ("x = (\n", "SyntaxError: '(' was never closed (mine.py, line 1)"),
    "dtype": (
        "import torch\ntorch.set_default_dtype(torch.float64)\n",
        "it changes the default dtype of the whole program; leave that to the recipe",
    ),
    "an error without text": (
        "class E(Exception):\n    def __str__(self):\n        raise ValueError\nraise E()\n",
        "E (mine.py, line 4)",
    ),
}


@pytest.mark.parametrize("what", FAILS)
def test_a_file_that_fails_is_one_line_and_leaves_nothing_behind(what: str) -> None:
    text, says = FAILS[what]
    loaded, before = set(sys.modules), read_settings()
    with pytest.raises(UserError) as caught:
        execute_source(text, "mine.py")
    assert str(caught.value) == f"modules 'mine.py': {says}"
    assert {name for name in set(sys.modules) - loaded if name.startswith("attention_own_")} == set()
    assert read_settings() == before


def test_random_numbers_and_prints_of_a_file_disturb_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    state = torch.get_rng_state()
    execute_source("import torch\ntorch.manual_seed(77)\nprint(torch.rand(1).shape)\n", "mine.py")
    assert torch.equal(torch.get_rng_state(), state)
    assert capsys.readouterr() == ("", "torch.Size([1])\n")


def test_settings_are_put_back_and_named() -> None:
    before = read_settings()
    torch.set_grad_enabled(False)
    torch.set_default_dtype(torch.float64)
    assert restore_settings(before) == ["default dtype", "grad mode"]
    assert read_settings() == before


@pytest.mark.usefixtures("signals_heard")
def test_an_interrupt_of_the_user_is_told_from_one_that_a_file_raises() -> None:
    assert is_interrupt(_raised("import signal\ndef f():\n    signal.raise_signal(signal.SIGINT)\n"))
    assert not is_interrupt(_raised("def f():\n    raise KeyboardInterrupt\n"))
    assert not is_interrupt(_raised("def f():\n    raise ValueError\n"))


def test_the_place_of_an_error_is_the_last_line_of_the_users_file() -> None:
    error = _raised("def f():\n    g()\ndef g():\n    int('a')\n")
    assert own_code_place(error) == "mine.py, line 4"
    assert (
        describe_error(error) == "ValueError: invalid literal for int() with base 10: 'a' (mine.py, line 4)"
    )
    assert own_code_place(ValueError("x")) == ""
    assert describe_error(ValueError("two\n  lines")) == "ValueError: two"
    assert describe_error(KeyError()) == "KeyError"


def _raised(text: str) -> BaseException:
    module = execute_source(text, "mine.py")
    try:
        module.f()
    except BaseException as error:
        return error
    raise AssertionError("nothing was raised")
