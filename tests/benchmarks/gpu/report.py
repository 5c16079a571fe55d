"""The report of one part: Markdown lines and faults, written as they come: a part that is cut short leaves its own."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

FAULT = "- FAULT: "


class Setup(NamedTuple):
    """What a part works on: torch's name of the device, and whether sizes are those of a rehearsal."""

    device: str
    tiny: bool = False

    @property
    def on_card(self) -> bool:
        return self.device != "cpu"


class Report:
    """Append lines to a Markdown file and print them."""

    def __init__(
        self, path: Path, show: Callable[[str], None] = lambda line: print(line, flush=True)
    ) -> None:
        self.path, self.show = path, show
        self.faults: list[str] = []

    def line(self, text: str = "") -> None:
        """Write one line of Markdown."""
        self.show(text)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(text + "\n")

    def header(self, *columns: str) -> None:
        """Begin a table; a column whose name begins with a space is aligned to the right."""
        self.line()
        self.row(*(column.strip() for column in columns))
        self.line("|" + "|".join("--:" if column.startswith(" ") else "---" for column in columns) + "|")

    def row(self, *cells: object) -> None:
        """Write one row of the table that was begun last."""
        self.line("| " + " | ".join(one_line(str(cell)) for cell in cells) + " |")

    def fault(self, text: str) -> None:
        """Record that something does not hold; `close` lists it below the tables."""
        self.faults.append(one_line(text))

    def block(self, title: str, lines: Sequence[str]) -> None:
        """Write a command's or a log's last lines as they are."""
        self.line()
        self.line(f"{title}:")
        self.line()
        for text in ("```text", *lines, "```"):
            self.line(text)

    def close(self) -> int:
        """List the faults; return the part's exit code."""
        self.line()
        for text in self.faults:
            self.line(FAULT + text)
        return 1 if self.faults else 0


def one_line(text: str, limit: int = 300) -> str:
    """Return the text on one line, safe inside a cell of a Markdown table."""
    whole = " ".join(text.split()).replace("|", "\\|")
    return whole if len(whole) <= limit else whole[: limit - 1] + "…"
