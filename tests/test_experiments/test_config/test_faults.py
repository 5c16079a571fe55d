"""A fault of this repository is told from an error of a library and of a call with unfit shapes."""

import pytest
import torch

from experiments.config.faults import is_fault_of_ours
from tests.sources import ROOT


def raised(error: Exception, file: str) -> Exception:
    """Return the error as raised by a line of the file."""
    code = compile("raise error", file, "exec")
    with pytest.raises(type(error)) as caught:
        exec(code, {"error": error})
    return caught.value


@pytest.mark.parametrize("package", ["attention", "datasets", "experiments", "analysis"])
def test_an_error_of_our_own_line_is_our_fault(package: str) -> None:
    assert is_fault_of_ours(raised(KeyError("x"), str(ROOT / package / "somewhere.py")))


def test_an_error_of_a_library_is_not_our_fault() -> None:
    assert not is_fault_of_ours(raised(KeyError("x"), "/site-packages/timm/models/resnet.py"))


def test_a_call_of_torch_with_unfit_shapes_is_not_our_fault() -> None:
    with pytest.raises(RuntimeError) as caught:
        torch.ones(2, 3) @ torch.ones(2, 3)
    assert not is_fault_of_ours(caught.value)
    assert not is_fault_of_ours(raised(RuntimeError("shapes"), str(ROOT / "attention" / "networks.py")))
