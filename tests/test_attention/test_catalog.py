"""The catalog finds its entries and takes new ones."""

import pytest

from attention import build


def test_a_misspelled_module_is_answered_with_the_nearest() -> None:
    with pytest.raises(ValueError, match=r"no attention module 'cbma'; did you mean 'cbam'\?"):
        build("cbma", 64)
