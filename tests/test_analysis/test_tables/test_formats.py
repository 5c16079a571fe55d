"""Tables as CSV, Markdown and LaTeX."""

import csv
import io
import re
import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pytest

from analysis.comparing import Comparison
from analysis.tables import Column, Row, Table, build_tables, to_csv, to_latex, to_markdown
from analysis.tables.formats import escape_latex
from experiments.config.names import MISSING

HOSTILE = (
    "<script>alert(1)</script>",
    "a_b%c&d#e$f^g~h{i}j\\k",
    "=cmd|' /C calc'!A0",
    "p|q\n| r",
    "ünïcode α ▲ \x07",
)


def table_of(*names: str) -> Table:
    columns = (Column("arm", "arm"), Column("d", "difference", True))
    rows = tuple(Row({"arm": name, "d": 1 / 3}, {"arm": name, "d": "+0.33"}, bold=True) for name in names)
    return Table("made", "Made", f"Caption of {names[0]}", columns, rows)


def test_csv_has_the_values_at_full_precision(comparison: Comparison) -> None:
    main = build_tables(comparison)[0]
    rows = list(csv.DictReader(io.StringIO(to_csv(main))))
    assert len(rows) == 2 * 7
    cell = comparison.main.cell("cse", "classification")
    row = next(r for r in rows if (r["arm"], r["setting"]) == ("cse", "classification"))
    assert float(row["difference"]) == cell.paired.mean
    assert float(row["adjusted_p"]) == cell.adjusted
    assert row["verdict"] == "BETTER"


def test_every_table_of_a_study_has_rows_in_all_formats(comparison: Comparison) -> None:
    for table in build_tables(comparison):
        assert len(to_csv(table).splitlines()) == len(table.rows) + 1
        assert to_markdown(table).count("\n| ") == len(table.rows) + 1
        text = to_latex(table)
        written = [line for line in text.splitlines() if line.endswith(r" \\") and "multicolumn" not in line]
        assert len(written) == len(table.rows) + text.count(r"\begin{tabular}")


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_stays_one_inert_cell_of_a_csv(name: str) -> None:
    row = next(csv.DictReader(io.StringIO(to_csv(table_of(name)))))
    assert row["arm"].lstrip("'") == name
    assert not row["arm"].startswith(("=", "+", "-", "@"))


@pytest.mark.parametrize("name", [*sorted(MISSING), "true", "False", "scse:fusion=None", "none"])
def test_pandas_loses_no_name_of_a_csv(name: str) -> None:
    """Classes are named by the data, so that a name such as None cannot be refused."""
    table = pd.read_csv(io.StringIO(to_csv(table_of(name))))
    assert [text.removeprefix("'") for text in table["arm"]] == [name]


def test_an_empty_text_stays_an_empty_cell() -> None:
    assert to_csv(table_of("")).splitlines()[1].startswith(",")


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_stays_one_inert_cell_of_a_markdown_table(name: str) -> None:
    lines = to_markdown(table_of(name)).splitlines()
    assert len(lines) == 5
    assert len(re.findall(r"(?<!\\)\|", lines[2])) == 3
    assert "<" not in to_markdown(table_of(name))


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_has_no_bare_character_that_latex_acts_on(name: str) -> None:
    text = escape_latex(name)
    assert not re.search(r"(?<!\\)[%&#_]", text)
    assert all(" " <= c < "ɐ" for c in text)


def test_numbers_align_in_siunitx_columns_and_other_cells_are_braced() -> None:
    table = table_of("a")
    mixed = table._replace(rows=(*table.rows, Row({"arm": "b", "d": None}, {"arm": "b", "d": "–"})))
    text = to_latex(mixed)
    assert r"\begin{tabular}{lS[table-format=+1.2,retain-explicit-plus]}" in text
    assert r"b & {--} \\" in text
    assert r"\textbf{a} & +0.33 \\" in text


ENGINE = next((e for e in ("tectonic", "pdflatex", "xelatex", "lualatex") if shutil.which(e)), None)


@pytest.mark.slow
@pytest.mark.skipif(
    ENGINE is None, reason="no TeX engine is installed (Debian: texlive-to_latex-recommended)"
)
def test_all_tables_compile_with_a_tex_engine(comparison: Comparison, tmp_path: Path) -> None:
    tables = [*map(to_latex, build_tables(comparison)), to_latex(table_of(*HOSTILE))]
    document = (
        "\\documentclass{article}\\usepackage[T1]{fontenc}\\usepackage[utf8]{inputenc}\\usepackage{textcomp}"
        "\\usepackage{booktabs,siunitx,graphicx}\\begin{document}\n"
        + "\\clearpage\n".join(tables)
        + "\n\\end{document}\n"
    )
    (tmp_path / "tables.tex").write_text(document, encoding="utf-8")
    assert ENGINE is not None
    options = () if ENGINE == "tectonic" else ("-interaction=nonstopmode", "-halt-on-error")
    done = subprocess.run([ENGINE, *options, "tables.tex"], cwd=tmp_path, capture_output=True, check=False)
    output = done.stdout.decode(errors="replace")
    assert done.returncode == 0, output[-2000:]
    assert (tmp_path / "tables.pdf").read_bytes().startswith(b"%PDF")
    assert "MissingRun character" not in output
    assert "Overfull" not in output
    assert "Float too large" not in output


def test_a_long_table_is_continued_in_further_floats_cut_between_settings() -> None:
    columns = (Column("setting", "setting"), Column("arm", "arm"))
    rows = tuple(
        Row({}, {"setting": setting, "arm": f"arm {i}"}, block=setting) for setting in "ab" for i in range(30)
    )
    first, second = to_latex(Table("made", "Made", "Caption.", columns, rows)).split(r"\begin{table}")[1:]
    assert r"\caption{Caption. Part 1 of 2.}" in first
    assert r"\label{tab:made-2}" in second
    assert (first.count("arm "), second.count("arm ")) == (30, 30)
    assert r"\multicolumn{1}{@{}l}{\textit{a}} \\" in first
    assert r"\textit{a}" not in second
