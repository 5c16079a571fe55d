"""Tables as CSV, Markdown and LaTeX. Names from a store are data: nothing in them may act."""

from __future__ import annotations

import csv
import re
from io import StringIO

from .table import Column, Row, Table, Value

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
    r"""A booktabs table float; needs \usepackage{booktabs} and \usepackage{siunitx}, no more."""
    spec = "".join(_siunitx(table, c) if c.numeric else "l" for c in table.columns)
    headers = " & ".join(f"{{{latex_text(c.header)}}}" for c in table.columns)
    body = []
    for previous, row in zip((None, *table.rows), table.rows, strict=False):
        if previous is not None and previous.part != row.part:
            body.append(r"\midrule")
        body.append(" & ".join(_latex_cell(row, c) for c in table.columns) + r" \\")
    lines = [
        r"% needs \usepackage{booktabs} and \usepackage{siunitx}",
        r"\begin{table}",
        r"\centering",
        r"\footnotesize",
        rf"\caption{{{latex_text(table.caption)}}}",
        rf"\label{{tab:{re.sub(r'[^a-z0-9-]', '-', table.name.lower())}}}",
        rf"\begin{{tabular}}{{{spec}}}",
        r"\toprule",
        rf"{headers} \\",
        r"\midrule",
        *body,
        r"\bottomrule",
        r"\end{tabular}",
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"


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
