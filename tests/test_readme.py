"""What the README shows, against the commands, studies and modules that exist."""

import inspect
import re
from pathlib import Path

import pytest

from experiments.cli.main import COMMANDS as COMMAND_TABLE
from experiments.cli.main import main, parse
from experiments.config.command_line import exit_codes
from experiments.config.study_file import read_study, shipped_studies
from experiments.planning.designs import expand

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^python -m experiments (.+?)(?:\s+#.*)?$", README, re.MULTILINE)


@pytest.mark.parametrize("line", COMMANDS)
def test_every_command_of_the_readme_is_one_that_the_parser_knows(line: str) -> None:
    words = line.replace("modules|studies|datasets", "modules").split()
    assert parse(words).command == words[0]


def test_the_readme_shows_every_command() -> None:
    assert {line.split()[0] for line in COMMANDS} == set(COMMAND_TABLE)


def test_the_readme_shows_every_action_on_a_store() -> None:
    shown = {line.split()[1] for line in COMMANDS if line.startswith("store ")}
    assert shown == {"export", "rebuild", "gc", "migrate"}


def test_the_readme_names_every_command_that_prints_json() -> None:
    (sentence,) = re.findall(r"print JSON \(([^)]+)\)", README)
    named = {name.split()[0] for name in re.findall(r"`([^`]+)`", sentence)}
    able = {
        name for name, command in COMMAND_TABLE.items() if "add_json(" in inspect.getsource(command.load())
    }
    assert named == able


def test_the_readme_explains_every_exit_code() -> None:
    (sentence,) = re.findall(r"Exit codes: (.+?)\.\n", README, re.DOTALL)
    codes = {value for value in vars(exit_codes).values() if isinstance(value, int)}
    assert set(map(int, re.findall(r"\b\d+\b", sentence))) == codes


def test_the_study_in_the_readme_can_be_read_and_expands_to_its_arms(tmp_path: Path) -> None:
    (block,) = re.findall(r"```yaml\n(.+?)```", README, re.DOTALL)
    file = tmp_path / "order.yaml"
    file.write_text(block, encoding="utf-8")
    arms, families = expand(read_study(str(file)))
    assert list(arms) == ["none", "narrow", "cbam", "cbam:order=sc", "cbam:order=parallel"]
    assert [family.name for family in families] == ["main", "one_factor cbam"]


def test_the_module_in_the_readme_has_at_most_twenty_lines_and_holds_every_contract(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (block,) = re.findall(r"```python\n(.+?)```", README, re.DOTALL)
    assert len([line for line in block.splitlines() if line]) <= 20
    file = tmp_path / "my_gate.py"
    file.write_text(block, encoding="utf-8")
    assert main(["check", str(file)]) == 0
    assert "my_gate: all 19 contracts hold" in capsys.readouterr().out


def test_every_shipped_study_is_named() -> None:
    assert {name for name in shipped_studies() if f"`{name}`" not in README} == set()
