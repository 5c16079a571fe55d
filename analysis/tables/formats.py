"""Write tables as CSV, Markdown and LaTeX, with every text from a store escaped."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from io import StringIO

from experiments.config.names import explain_unreadable_name

from .table import Column, Row, Table, Value

SETTING = "setting"
MAX_ROWS = 40  # of a table on a page, in footnote size
LONG_TEXT = 34  # characters from which on a column is wrapped

_LATEX = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "^": r"\textasciicircum{}",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "%": r"\%",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "−": "$-$",
    "±": r"$\pm$",
    "–": "--",
    "×": r"$\times$",
    "ρ": r"$\rho$",
    "≤": r"$\leq$",
    "·": r"$\cdot$",
    "\n": " ",
}
_MARKDOWN = re.compile(r"([\\`*_{}\[\]|#$~])")


def to_csv(table: Table) -> str:
    """Write every value at full precision.

    A text that a spreadsheet would run as a formula, or that `pandas.read_csv` would take for a missing value or a
    truth value, gets a leading quote. Arms and settings have no such names; classes, which the data name, may.
    """
    names = list(dict.fromkeys(name for row in table.rows for name in row.values))
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([_csv_cell(name) for name in names])
    writer.writerows([_csv_cell(row.values.get(name)) for name in names] for row in table.rows)
    return out.getvalue()


def _csv_cell(value: Value) -> str:
    if value is None or value != value:
        return ""
    if isinstance(value, str):
        acted_on = value.startswith(("=", "+", "-", "@", "\t", "\r")) or explain_unreadable_name(value)
        return f"'{value}" if value and acted_on else value
    return repr(value)


def to_markdown(table: Table) -> str:
    """Write a pipe table with its caption below."""
    lines = [
        _join_pipes([_escape_markdown(c.header) for c in table.columns]),
        _join_pipes(["---:" if c.numeric else "---" for c in table.columns]),
        *(_join_pipes([_markdown_cell(row, c) for c in table.columns]) for row in table.rows),
    ]
    return "\n".join(lines) + f"\n\n{_escape_markdown(table.caption)}\n"


def _join_pipes(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _markdown_cell(row: Row, column: Column) -> str:
    text = _escape_markdown(row.texts.get(column.key, ""))
    return f"**{text}**" if text and row.bold and not column.numeric else text


def _escape_markdown(text: str) -> str:
    safe = (
        text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\n", " ")
        .replace("\r", " ")
    )
    return _MARKDOWN.sub(r"\\\1", safe)


def to_latex(table: Table) -> str:
    r"""Write table floats that need \usepackage{booktabs,siunitx,graphicx}.

    A setting becomes a line above its rows instead of a column; tables wider than the text are scaled down to it, and
    tables longer than a page continue in further floats."""
    wrapped = any(c.key != SETTING and _is_long(table, c) for c in table.columns)
    pages = list(_split_pages(table.rows, MAX_ROWS // 2 if wrapped else MAX_ROWS))
    floats = [_float(table, rows, i, len(pages)) for i, rows in enumerate(pages)]
    return "\n".join(["% needs \\usepackage{booktabs,siunitx,graphicx}", *floats]) + "\n"


def _split_pages(rows: tuple[Row, ...], max_rows: int) -> Iterator[tuple[Row, ...]]:
    """Split rows into pages of at most `max_rows` rows, between settings where possible."""
    while len(rows) > max_rows:
        cuts = [
            i for i in range(max_rows // 2, max_rows + 1) if _setting_of(rows[i]) != _setting_of(rows[i - 1])
        ]
        cut = cuts[-1] if cuts else max_rows
        yield rows[:cut]
        rows = rows[cut:]
    yield rows


def _float(table: Table, rows: tuple[Row, ...], page: int, pages: int) -> str:
    columns = [c for c in table.columns if c.key != SETTING]
    grouped = len(columns) < len(table.columns)
    spec = "".join(_number_column(table, c) if c.numeric else _text_column(table, c) for c in columns)
    headers = " & ".join(f"{{{escape_latex(c.header)}}}" for c in columns)
    label = re.sub(r"[^a-z0-9-]", "-", table.name.lower()) + (f"-{page + 1}" if page else "")
    part = f" Part {page + 1} of {pages}." if pages > 1 else ""
    return "\n".join(
        [
            r"\begin{table}",
            r"\centering",
            r"\footnotesize",
            rf"\caption{{{escape_latex(table.caption + part)}}}",
            rf"\label{{tab:{label}}}",
            r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%",
            rf"\begin{{tabular}}{{{spec}}}",
            r"\toprule",
            rf"{headers} \\",
            r"\midrule",
            *_body_lines(rows, columns, grouped=grouped),
            r"\bottomrule",
            r"\end{tabular}}",
            r"\end{table}",
        ]
    )


def _body_lines(rows: tuple[Row, ...], columns: Sequence[Column], *, grouped: bool) -> Iterator[str]:
    for previous, row in zip((None, *rows), rows, strict=False):
        if previous is not None and previous.block != row.block:
            yield r"\midrule"
        if grouped and (previous is None or _setting_of(previous) != _setting_of(row)):
            yield rf"\multicolumn{{{len(columns)}}}{{@{{}}l}}{{\textit{{{escape_latex(_setting_of(row))}}}}} \\"
        yield " & ".join(_latex_cell(row, c) for c in columns) + r" \\"


def _setting_of(row: Row) -> str:
    return row.texts.get(SETTING, "")


def _text_column(table: Table, column: Column) -> str:
    """Return the column type of texts: wrapped if some are long."""
    return r">{\raggedright\arraybackslash}p{4cm}" if _is_long(table, column) else "l"


def _is_long(table: Table, column: Column) -> bool:
    return any(len(row.texts.get(column.key, "")) > LONG_TEXT for row in table.rows)


def _number_column(table: Table, column: Column) -> str:
    """Return a siunitx S column just wide enough for its numbers; differences keep their plus."""
    numbers = [n for row in table.rows if (n := _plain_number(row.texts.get(column.key, "")))]
    whole = max((len(n.lstrip("+-").partition(".")[0]) for n in numbers), default=1)
    decimals = max((len(n.partition(".")[2]) for n in numbers), default=0)
    sign = "+" if any(n[0] in "+-" for n in numbers) else ""
    return f"S[table-format={sign}{whole}.{decimals},retain-explicit-plus]"


def _plain_number(text: str) -> str | None:
    plain = text.replace("−", "-")
    return plain if re.fullmatch(r"[+-]?\d+(\.\d+)?", plain) else None


def _latex_cell(row: Row, column: Column) -> str:
    text = row.texts.get(column.key, "")
    if column.numeric:
        return _plain_number(text) or f"{{{escape_latex(text)}}}"
    return rf"\textbf{{{escape_latex(text)}}}" if row.bold else escape_latex(text)


def escape_latex(text: str) -> str:
    """Escape a text; letters beyond Latin become their code points, so that any TeX engine compiles them."""
    return "".join(_LATEX.get(c) or (c if " " <= c < "ɐ" else f"[U+{ord(c):04X}]") for c in text)
