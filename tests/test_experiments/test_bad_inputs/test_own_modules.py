"""Each mistake in a file of own modules is one line that names the file, and the arm or class."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.test_experiments.made import STUDY, study_file

from .refusal import assert_refused

ARMS = STUDY[STUDY.index("arms:") : STUDY.index("designs:")]
OWN = (
    STUDY[: STUDY.index("designs:")]
    .replace(ARMS, "arms:\n  none: {}\n  mine: {module: gate}\n")
    .replace("seeds: [0, 1]", "seeds: 1\nmodules: gate.py")
)
GATE = """\
import torch
from torch import nn


class Gate(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.mix = nn.Conv2d(channels, 1, 1)

    def forward(self, x):
        weight = torch.sigmoid(self.mix(x))
        return x * weight
"""
BUILD, GIVE = "self.mix = nn.Conv2d(channels, 1, 1)", "return x * weight"


def build(line: str, *says: str) -> tuple[str, Sequence[str]]:
    """The gate with one more line in its constructor."""
    return GATE.replace(BUILD, f"{line}\n        {BUILD}"), ["gate.py", *says]


def forward(line: str, *says: str) -> tuple[str, Sequence[str]]:
    """The gate with another last line of its forward."""
    return GATE.replace(GIVE, line), ["gate.py", *says]


MISTAKES: dict[str, tuple[str, Sequence[str]]] = {
    "no class": ("import torch\n", ["gate.py"]),
    "an empty file": ("", ["gate.py"]),
    "a syntax error": ("class :", ["gate.py", "line 1"]),
    "an import of nothing": ("import nothing_at_all\n" + GATE, ["gate.py", "nothing_at_all"]),
    "an error while it is imported": ("1 / 0\n" + GATE, ["gate.py", "ZeroDivisionError"]),
    "an end of the process": ("raise SystemExit(3)\n" + GATE, ["gate.py", "SystemExit"]),
    "an interrupt of nobody": ("raise KeyboardInterrupt\n" + GATE, ["gate.py", "KeyboardInterrupt"]),
    "a class that is no module": (
        GATE.replace("nn.Module", "object").replace("super().__init__()", "pass"),
        ["gate.py"],
    ),
    "a class of another name": (GATE.replace("Gate", "Gait"), ["gate", "gait"]),
    "a class of the catalog's name": (GATE.replace("Gate(", "Cbam("), ["cbam"]),
    "no channels": (GATE.replace("self, channels", "self").replace("channels", "8"), ["gate.py", "channels"]),
    "a further argument without a default": (
        GATE.replace("self, channels", "self, channels, size"),
        ["gate.py", "size"],
    ),
    "an assertion": build("assert channels % 64 == 0, 'a multiple of 64'", "arms.mine", "a multiple of 64"),
    "an error of the constructor": build("raise RuntimeError('broken')", "arms.mine", "broken"),
    "a constructor that ends the process": build("raise SystemExit(1)", "arms.mine", "SystemExit"),
    "a constructor that is interrupted": build("raise KeyboardInterrupt", "arms.mine", "KeyboardInterrupt"),
    "a constructor with a generator's end": build("raise GeneratorExit", "arms.mine", "GeneratorExit"),
    "a constructor with an iteration's end": build("raise StopIteration", "arms.mine", "StopIteration"),
    "a tuple": forward("return x * weight, weight", "arms.mine", "tuple"),
    "nothing": forward("pass", "arms.mine", "None"),
    "another shape": forward("return weight", "arms.mine", "shape"),
    "another dtype": forward("return (x * weight).double()", "arms.mine", "float64"),
    "a list": forward("return [x * weight]", "arms.mine", "list"),
    "an error of forward": forward("raise ValueError('broken')", "arms.mine", "broken", "line 12"),
    "a forward that ends the process": forward("raise SystemExit(1)", "arms.mine", "SystemExit"),
    "a forward with an iteration's end": forward("raise StopIteration", "arms.mine", "StopIteration"),
    "a forward with a broken pipe": forward("raise BrokenPipeError('gone')", "arms.mine", "BrokenPipeError"),
    "a missing attribute": forward("return x * self.wieght", "arms.mine", "wieght"),
    "a product that does not fit": forward("return x @ weight.new_ones(7, 7)", "arms.mine"),
    "no forward": (GATE[: GATE.index("    def forward")], ["gate.py"]),
    "a change in place before backward": forward(
        "y = x * weight\n        weight *= 0.5\n        return y", "arms.mine", "gradient", "line"
    ),
}


@pytest.mark.parametrize("what", MISTAKES)
def test_a_mistake_in_an_own_module_is_one_line_that_names_it(
    what: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    source, says = MISTAKES[what]
    (tmp_path / "gate.py").write_text(source, encoding="utf-8")
    study = study_file(tmp_path, OWN)
    assert_refused(capfd, tmp_path, ["experiments", "plan", study, "--store", tmp_path / "store"], says)
