"""The verdicts as a terminal shows them."""

import pytest

from analysis.comparing import Comparison
from analysis.comparing.cautions.caution import Caution
from analysis.report.console import print_verdicts


def printed(comparison: Comparison, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Print the verdicts and return the lines of the output."""
    print_verdicts(comparison)
    return capsys.readouterr().out.splitlines()


def test_every_cell_of_the_main_table_is_a_line(
    comparison: Comparison, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [
        [cell.strip() for cell in line.strip("│").split("│")]
        for line in printed(comparison, capsys)
        if line.startswith("│")
    ]
    cell = comparison.main.cell("cse", "classification")
    assert len(rows) == len(comparison.main.cells)
    row = next(row for row in rows if row[:2] == ["cse", "classification"])
    assert row[2:4] == ["BETTER", f"+{cell.paired.mean:.2f}"]
    assert row[4:] == [f"[+{cell.paired.low:.2f}, +{cell.paired.high:.2f}]", f"{cell.adjusted:.3f}"]


def test_alarms_and_warnings_follow_and_notes_do_not(
    comparison: Comparison, capsys: pytest.CaptureFixture[str]
) -> None:
    cautions = [
        Caution("alarm", "data", "mixed"),
        Caution("warning", "noise", "[b]"),
        Caution("note", "x", "y"),
    ]
    lines = printed(comparison._replace(cautions=cautions), capsys)
    assert lines[-2:] == ["alarm: data: mixed", "warning: noise: [b]"]


def test_names_with_markup_are_printed_as_they_are(
    comparison: Comparison, capsys: pytest.CaptureFixture[str]
) -> None:
    main = comparison.main
    cells = tuple(cell._replace(arm="[red]x[/red]") for cell in main.cells[:1])
    renamed = comparison._replace(families=[main._replace(cells=cells)])
    assert any("[red]x[/red]" in line for line in printed(renamed, capsys))
