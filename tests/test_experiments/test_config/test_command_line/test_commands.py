"""A command line is parsed by the command that it names, and only that command is imported."""

import argparse
import sys
from pathlib import Path

import pytest

from experiments.config.command_line.commands import Command, parse

SOURCE = """
EXAMPLES = "  greet --name Ada"
def add_arguments(parser):
    parser.add_argument("--name", default="nobody")
def execute(arguments):
    return len(arguments.name)
"""


@pytest.fixture
def commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Command]:
    """Two commands in modules that nothing has imported yet."""
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in ("command_greet", "command_other"):
        (tmp_path / f"{name}.py").write_text(SOURCE)
        monkeypatch.delitem(sys.modules, name, raising=False)
    return {
        "greet": Command("command_greet", "greet someone"),
        "other": Command("command_other", "do something else"),
    }


def parsed(commands: dict[str, Command], *words: str) -> argparse.Namespace:
    return parse(words, commands, program="program", description="A program.")


def test_arguments_are_those_of_the_named_command(commands: dict[str, Command]) -> None:
    arguments = parsed(commands, "greet", "--name", "Ada")
    assert vars(arguments) == {"command": "greet", "name": "Ada", "verbose": False}
    assert commands["greet"].execute(arguments) == 3


def test_only_the_named_command_is_imported(commands: dict[str, Command]) -> None:
    parsed(commands, "greet")
    assert "command_greet" in sys.modules
    assert "command_other" not in sys.modules


def test_help_lists_every_command_without_importing_one(
    commands: dict[str, Command], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="0"):
        parsed(commands, "--help")
    text = capsys.readouterr().out
    assert "greet someone" in text
    assert "do something else" in text
    assert not {"command_greet", "command_other"} & set(sys.modules)


def test_help_of_a_command_has_its_summary_and_examples(
    commands: dict[str, Command], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="0"):
        parsed(commands, "greet", "--help")
    text = capsys.readouterr().out
    assert "Greet someone." in text
    assert text.endswith("examples:\n  greet --name Ada\n")


@pytest.mark.parametrize("words", [("greet",), ("greet", "--verbose")])
def test_verbose_is_off_unless_given(words: tuple[str, ...], commands: dict[str, Command]) -> None:
    assert parsed(commands, *words).verbose is ("--verbose" in words)


def test_a_misspelt_command_is_answered_with_the_nearest(
    commands: dict[str, Command], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        parsed(commands, "gret")
    assert capsys.readouterr().err == "error: invalid choice: 'gret'; did you mean 'greet'?\n"


@pytest.mark.parametrize("words", [(), ("gret",), ("greet", "--nam"), ("greet", "Ada")])
def test_words_that_no_command_takes_exit_with_2(
    words: tuple[str, ...], commands: dict[str, Command]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        parsed(commands, *words)
