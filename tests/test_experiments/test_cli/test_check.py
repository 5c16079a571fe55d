"""`check`: each contract gets a line, and the exit code says whether all hold."""

from pathlib import Path

import pytest

from attention.contracts.table import CONTRACTS
from experiments.cli.check import _format_answer
from tests.test_attention.test_custom_modules import MINE

from .commands import Call


@pytest.fixture
def module_file(tmp_path: Path) -> Path:
    """A file with a module that holds to every contract."""
    path = tmp_path / "my_gate.py"
    path.write_text(MINE, encoding="utf-8")
    return path


def test_a_module_that_holds_to_every_contract_ends_with_exit_code_0(call: Call, module_file: Path) -> None:
    code, out, err = call("check", module_file)
    assert (code, err) == (0, [])
    assert out[-1] == f"my_gate: all {len(CONTRACTS)} contracts hold"
    assert len(out) == len(CONTRACTS) + 2


def test_a_broken_contract_is_named_with_its_reason(call: Call, module_file: Path) -> None:
    module_file.write_text(MINE.replace("mean**self.power", "mean"), encoding="utf-8")
    output = call("check", module_file)
    assert output.code == 1
    assert "BROKEN  options_matter      power=2 and power=1 build the same module" in output.text
    assert f"1 of {len(CONTRACTS)} contracts do not hold: options_matter" in output.text


def test_a_module_that_cannot_be_built_is_broken(call: Call, module_file: Path) -> None:
    text = MINE.replace(
        "        super().__init__()", "        super().__init__()\n        raise KeyError('x')"
    )
    module_file.write_text(text, encoding="utf-8")
    output = call("check", module_file)
    assert output.code == 1
    assert "BROKEN  it cannot be built and trained on a map of 32 channels: KeyError: 'x'" in output.text


def test_a_file_that_is_not_there_is_refused_in_one_line(call: Call, tmp_path: Path) -> None:
    code, out, err = call("check", tmp_path / "nothing.py")
    assert (code, out, len(err)) == (2, [], 1)
    assert "nothing.py" in err[0]


@pytest.mark.parametrize(
    ("holds", "reason", "expected"),
    [
        (True, "exempt: it has no options", "  exempt  options_matter      it has no options"),
        (False, "a and b are equal", "  BROKEN  options_matter      a and b are equal"),
    ],
)
def test_an_answer_is_one_line_with_verdict_and_reason(holds: bool, reason: str, expected: str) -> None:
    assert _format_answer("options_matter", holds, reason) == expected
