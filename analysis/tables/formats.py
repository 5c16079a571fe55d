"""Tables as CSV, Markdown and LaTeX. Names from a store are data: nothing in them may act."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from io import StringIO

from .table import Column, Row, Table, Value

SETTING = "setting"
MOST_LINES = 40  # of a table on a page, in small type
LONG = 34  # characters

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


def csv_text(table: Table) -> str:
    """Every raw value at full precision. Texts that a spreadsheet would run as a formula get a leading quote."""
    names = list(dict.fromkeys(name for row in table.rows for name in row.raw))
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([_csv(name) for name in names])
    writer.writerows([_csv(row.raw.get(name)) for name in names] for row in table.rows)
    return out.getvalue()


def _csv(value: Value) -> str:
    if value is None or value != value:
        return ""
    if isinstance(value, str):
        return f"'{value}" if value.startswith(("=", "+", "-", "@", "\t", "\r")) else value
    return repr(value)


def markdown(table: Table) -> str:
    """A pipe table with its caption under it."""
    lines = [
        _pipes([_md(c.header) for c in table.columns]),
        _pipes(["---:" if c.numeric else "---" for c in table.columns]),
        *(_pipes([_md_cell(row, c) for c in table.columns]) for row in table.rows),
    ]
    return "\n".join(lines) + f"\n\n{_md(table.caption)}\n"


def _pipes(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _md_cell(row: Row, column: Column) -> str:
    text = _md(row.shown.get(column.key, ""))
    return f"**{text}**" if text and row.bold and not column.numeric else text


def _md(text: str) -> str:
    safe = (
        text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\n", " ")
        .replace("\r", " ")
    )
    return _MARKDOWN.sub(r"\\\1", safe)


def latex(table: Table) -> str:
    r"""Booktabs table floats; need \usepackage{booktabs,siunitx,graphicx}, no more.

    A setting is a line above its rows instead of a column; what is wider than the text is shrunk to it, and what is
    longer than a page is continued in further floats."""
    wrapped = any(c.key != SETTING and _is_long(table, c) for c in table.columns)
    parts = list(_pages(table.rows, MOST_LINES // 2 if wrapped else MOST_LINES))
    floats = [_float(table, rows, place, len(parts)) for place, rows in enumerate(parts)]
    return "\n".join(["% needs \\usepackage{booktabs,siunitx,graphicx}", *floats]) + "\n"


def _pages(rows: tuple[Row, ...], most: int) -> Iterator[tuple[Row, ...]]:
    """Runs of rows that fit on a page, cut between blocks where there is a cut."""
    while len(rows) > most:
        cuts = [i for i in range(most // 2, most + 1) if _block(rows[i]) != _block(rows[i - 1])]
        cut = cuts[-1] if cuts else most
        yield rows[:cut]
        rows = rows[cut:]
    yield rows


def _float(table: Table, rows: tuple[Row, ...], place: int, parts: int) -> str:
    columns = [c for c in table.columns if c.key != SETTING]
    grouped = len(columns) < len(table.columns)
    spec = "".join(_siunitx(table, c) if c.numeric else _text_column(table, c) for c in columns)
    headers = " & ".join(f"{{{latex_text(c.header)}}}" for c in columns)
    label = re.sub(r"[^a-z0-9-]", "-", table.name.lower()) + (f"-{place + 1}" if place else "")
    more = f" Part {place + 1} of {parts}." if parts > 1 else ""
    return "\n".join(
        [
            r"\begin{table}",
            r"\centering",
            r"\footnotesize",
            rf"\caption{{{latex_text(table.caption + more)}}}",
            rf"\label{{tab:{label}}}",
            r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%",
            rf"\begin{{tabular}}{{{spec}}}",
            r"\toprule",
            rf"{headers} \\",
            r"\midrule",
            *_body(rows, columns, grouped=grouped),
            r"\bottomrule",
            r"\end{tabular}}",
            r"\end{table}",
        ]
    )


def _body(rows: tuple[Row, ...], columns: Sequence[Column], *, grouped: bool) -> Iterator[str]:
    for previous, row in zip((None, *rows), rows, strict=False):
        if previous is not None and previous.part != row.part:
            yield r"\midrule"
        if grouped and (previous is None or _block(previous) != _block(row)):
            yield rf"\multicolumn{{{len(columns)}}}{{@{{}}l}}{{\textit{{{latex_text(_block(row))}}}}} \\"
        yield " & ".join(_latex_cell(row, c) for c in columns) + r" \\"


def _block(row: Row) -> str:
    return row.shown.get(SETTING, "")


def _text_column(table: Table, column: Column) -> str:
    """Long texts are wrapped."""
    return r">{\raggedright\arraybackslash}p{4cm}" if _is_long(table, column) else "l"


def _is_long(table: Table, column: Column) -> bool:
    return any(len(row.shown.get(column.key, "")) > LONG for row in table.rows)


def _siunitx(table: Table, column: Column) -> str:
    """An S column just wide enough for its numbers."""
    numbers = [n for row in table.rows if (n := _number(row.shown.get(column.key, "")))]
    whole = max((len(n.lstrip("+-").partition(".")[0]) for n in numbers), default=1)
    decimals = max((len(n.partition(".")[2]) for n in numbers), default=0)
    sign = "+" if any(n[0] in "+-" for n in numbers) else ""
    return f"S[table-format={sign}{whole}.{decimals}]"


def _number(text: str) -> str | None:
    plain = text.replace("−", "-")
    return plain if re.fullmatch(r"[+-]?\d+(\.\d+)?", plain) else None


def _latex_cell(row: Row, column: Column) -> str:
    text = row.shown.get(column.key, "")
    if column.numeric:
        return _number(text) or f"{{{latex_text(text)}}}"
    return rf"\textbf{{{latex_text(text)}}}" if row.bold else latex_text(text)


def latex_text(text: str) -> str:
    """Escaped; letters beyond Latin are spelled by their code point, so that any engine compiles them."""
    return "".join(_LATEX.get(c) or (c if " " <= c < "ɐ" else f"[U+{ord(c):04X}]") for c in text)
