"""What a reader of the PDF sees: every cell of every table is printed as written, and agrees with the CSV."""

import csv
import io
import shutil
import subprocess
from pathlib import Path

import pytest

from analysis.comparing import Comparison
from analysis.tables import Column, Row, Table, build_tables, to_csv, to_latex
from analysis.tables.formats import SETTING, _is_long

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (shutil.which("pdflatex") and shutil.which("pdftotext")),
        reason="pdflatex with siunitx, or pdftotext, is not installed (Debian: texlive-science, poppler-utils)",
    ),
]
NUMBERS = (
    *("+0.33", "−0.20", "+12", "0", "+0.00", "0.125", "−1234567.25", "7", "+9999.5"),
    *("1e3", "+1e3", "1E+05", "1e-05", "<0.001", "–", "nan", "inf", "100 %"),
)
CSV_OF_VERDICTS = {
    "n": "n",
    "difference": "difference",
    "p": "adjusted_p",
    "g": "hedges_g",
    "rho": "seed_correlation",
}
"""Column of the printed table -> column of the CSV."""


def printed(tables: list[Table], folder: Path) -> list[str]:
    """The lines of text in the PDF of the tables, in reading order."""
    document = (
        "\\documentclass{article}\\usepackage[utf8]{inputenc}\\usepackage{textcomp,booktabs,siunitx,graphicx}"
        "\\input{glyphtounicode}\\pdfgentounicode=1\\begin{document}\n"
        + "\\clearpage\n".join(map(to_latex, tables))
        + "\n\\end{document}\n"
    )
    (folder / "t.tex").write_text(document, encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "t.tex"]
    done = subprocess.run(command, cwd=folder, capture_output=True)
    assert done.returncode == 0, done.stdout.decode(errors="replace")[-2000:]
    text = subprocess.run(
        ["pdftotext", "-raw", "-enc", "UTF-8", "t.pdf", "-"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return [_joined(line) for line in text.splitlines()]


def without_wrapped_columns(table: Table) -> Table:
    """The table without the columns whose texts are broken into several lines."""
    return table._replace(
        columns=tuple(c for c in table.columns if not (_is_long(table, c) and not c.numeric))
    )


def row_text(table: Table, row: Row) -> str:
    cells = (row.texts.get(column.key, "") for column in table.columns if column.key != SETTING)
    return _joined("".join(cells))


def _joined(text: str) -> str:
    """The text without spaces, with one kind of minus."""
    return "".join(text.split()).replace("−", "-")


def test_every_cell_is_printed_as_it_is_written(comparison: Comparison, tmp_path: Path) -> None:
    tables = [without_wrapped_columns(table) for table in build_tables(comparison)]
    expected = [text for table in tables for row in table.rows if (text := row_text(table, row))]
    lines = iter(printed(tables, tmp_path))
    missing = [text for text in expected if text not in lines]  # `in` reads on: the order counts
    assert missing == []
    assert sum("+" in text for text in expected) > 20


def test_the_printed_differences_are_those_of_the_csv(comparison: Comparison, tmp_path: Path) -> None:
    table = build_tables(comparison)[0]
    columns = [Column("arm", "arm"), *(c for c in table.columns if c.key in CSV_OF_VERDICTS)]
    values = list(csv.DictReader(io.StringIO(to_csv(table))))
    checked = 0
    for key, name in CSV_OF_VERDICTS.items():
        one = table._replace(columns=(columns[0], next(c for c in columns if c.key == key)))
        lines = iter(printed([one], tmp_path))
        for row, value in zip(table.rows, values, strict=True):
            if not value[name]:
                continue
            line = next(line for line in lines if line.startswith(value["arm"]) and line != value["arm"])
            number = line.removeprefix(value["arm"])
            decimals = len(number.partition(".")[2])
            assert number.lstrip("+") == f"{float(value[name]):.{decimals}f}", (key, row)
            assert number.startswith("+") == (float(value[name]) > 0 and key in ("difference", "g", "rho"))
            checked += 1
    assert checked > 50


@pytest.mark.parametrize("together", [True, False])
def test_any_number_and_text_of_a_number_column_is_printed_as_it_is(together: bool, tmp_path: Path) -> None:
    columns = (Column("arm", "arm"), Column("x", "x", True))
    rows = [Row({}, {"arm": f"arm{number}:", "x": text}) for number, text in enumerate(NUMBERS)]
    tables = [Table("t", "t", "A caption.", columns, tuple(rows))]
    if not together:  # the width of the column fits each alone, too
        tables = [tables[0]._replace(rows=(row,)) for row in rows]
    lines = printed(tables, tmp_path)
    assert [text for row in rows if (text := row_text(tables[0], row)) not in lines] == []
