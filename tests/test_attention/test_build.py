"""A module is built by name, with its options checked."""

import pytest

from attention import build
from user_error import UserError


def test_a_misspelled_option_is_answered_with_the_nearest() -> None:
    with pytest.raises(ValueError, match=r"scse: no option 'kernelsize'; did you mean 'kernel_size'\?"):
        build("scse", 64, kernelsize=3)


def test_a_wrong_value_is_answered_with_the_domain() -> None:
    with pytest.raises(ValueError, match="scse: kernel_size=4 is not one of: 1, 3, 5, 7"):
        build("scse", 64, kernel_size=4)


def test_options_and_both_widths_reach_the_constructor() -> None:
    gate = build("attention_gate", 16, context_channels=6, reduction=4)
    shapes = {name: tuple(weight.shape) for name, weight in gate.state_dict().items()}
    assert shapes["of_skip.weight"] == (4, 16, 1, 1)
    assert shapes["of_context.weight"] == (4, 6, 1, 1)
    assert build("attention_gate", 16).get_parameter("of_context.weight").shape[1] == 16


def test_a_width_that_the_module_does_not_support_is_a_user_error() -> None:
    with pytest.raises(UserError, match=r"^fca: 16 frequencies do not divide 24 channels$"):
        build("fca", 24)
