"""What the benchmark measures against computes what our modules compute."""

import pytest
import torch

from attention import find, parse
from attention.contracts.example_inputs import images, inputs, randomize
from tests.benchmarks.references import NAIVE, REFERENCES, Plain

ALL = {**REFERENCES, **{f"{name} at 128 x 128": reference for name, reference in NAIVE.items()}}
CHANNELS = 32


@pytest.mark.parametrize("name", ALL)
def test_every_formula_measured_against_is_the_modules_own(name: str) -> None:
    theirs = ALL[name][1](CHANNELS)
    given = inputs(find(parse(name.split(" at ")[0])[0]), images(2, CHANNELS, (7, 14)))
    if isinstance(theirs, Plain):
        randomize(theirs)
        assert torch.allclose(theirs(*given), theirs.module(*given), atol=2e-4)
    else:
        assert theirs(*given).shape == given[0].shape
