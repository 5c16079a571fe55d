"""Calls of commands in this process, as a user types them."""

from typing import NamedTuple

import pytest

from experiments.cli.main import main
from tests.test_experiments.made import STUDY, run_spec

TINY = STUDY[: STUDY.index("designs:")].replace("seeds: [0, 1]", "seeds: 1")
"""The small study with one seed, without designs and search."""
SPECS = [run_spec(seed=seed) for seed in range(4)]


class Output(NamedTuple):
    """The exit code, and the lines of standard output and standard error."""

    code: int
    out: list[str]
    err: list[str]

    @property
    def text(self) -> str:
        """Standard output as one text."""
        return "\n".join(self.out)


class Call:
    """Calls a command and captures what it prints."""

    def __init__(self, captured: pytest.CaptureFixture[str]) -> None:
        self.captured = captured

    def __call__(self, *words: object) -> Output:
        self.captured.readouterr()
        code = main([str(word) for word in words])
        out, err = self.captured.readouterr()
        return Output(code, out.splitlines(), err.splitlines())
