"""A module is built by name, with its options checked."""

import pytest

from attention import build


def test_a_misspelled_option_is_answered_with_the_nearest() -> None:
    with pytest.raises(ValueError, match=r"scse: no option 'kernelsize'; did you mean 'kernel_size'\?"):
        build("scse", 64, kernelsize=3)


def test_a_wrong_value_is_answered_with_the_domain() -> None:
    with pytest.raises(ValueError, match="scse: kernel_size=4 is not one of: 1, 3, 5, 7"):
        build("scse", 64, kernel_size=4)
