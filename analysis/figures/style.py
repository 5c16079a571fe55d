"""One look an arm throughout a report, and one style for every figure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import BytesIO, StringIO
from typing import Any, NamedTuple

import matplotlib
from matplotlib import style as styles
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

WIDE, NARROW = 6.75, 3.25
"""Inches: two columns of a paper, and one."""
INK, FAINT, BAND, PAPER = "#1b1f24", "#77808b", "#e3e6ea", "#fefefe"
# Petroff's sequence without its greys: the widest apart of the palettes tried under three colour-vision
# deficiencies; the grey is the baseline's.
COLOURS = ("#3f90da", "#e76300", "#832db6", "#bd1f01", "#a96b59", "#b98b00", "#1d9aa0", "#c2417c", "#6b8e23")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "p", "h", "*")
DASHES = ("-", "--", "-.", ":")
BASELINE = "#77808b"

STYLE: dict[str, Any] = {
    "font.size": 8,
    "axes.titlesize": 8,
    "axes.labelsize": 8,
    "xtick.labelsize": 7.5,
    "ytick.labelsize": 7.5,
    "legend.fontsize": 7.5,
    "font.family": "DejaVu Sans",
    "text.parse_math": False,
    "axes.unicode_minus": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": FAINT,
    "axes.linewidth": 0.6,
    "axes.labelcolor": INK,
    "text.color": INK,
    "axes.titlecolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "lines.linewidth": 1.3,
    "lines.markersize": 5,
    "legend.frameon": False,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
    "figure.constrained_layout.use": True,
    "pdf.fonttype": 42,
    "ps.fonttype": 42,
    "svg.fonttype": "none",
    "figure.dpi": 100,
}


class Look(NamedTuple):
    """How an arm is drawn everywhere: colour, and a marker and dash for those who do not see it."""

    colour: str
    marker: str
    dash: str


def looks(arms: Sequence[str], baseline: str) -> dict[str, Look]:
    """A look for every arm, by its place in the study."""
    found = {baseline: Look(BASELINE, "o", "-")}
    for i, arm in enumerate(a for a in arms if a != baseline):
        found[arm] = Look(
            COLOURS[i % len(COLOURS)],
            MARKERS[(i + 1) % len(MARKERS)],
            DASHES[(i + i // len(COLOURS)) % len(DASHES)],
        )
    return found


def key_height(arms: Sequence[str], width: float) -> float:
    """Inches that `key_below` takes."""
    return 0.17 * -(-len(arms) // _key_columns(arms, width)) + 0.1


def key_below(
    figure: Figure, arms: Sequence[str], looks: Mapping[str, Look], width: float, *, lines: bool = True
) -> None:
    """One key of the arms under the whole figure, as wide as its longest name lets it be."""
    handles = [
        Line2D(
            [],
            [],
            color=looks[a].colour,
            marker=looks[a].marker,
            ms=4,
            lw=1.2 if lines else 0,
            ls=looks[a].dash if lines else "none",
        )
        for a in arms
    ]
    figure.legend(
        handles,
        [shortened(a) for a in arms],
        loc="outside lower center",
        ncols=_key_columns(arms, width),
        handlelength=2.6 if lines else 1.0,
        handletextpad=0.5,
        columnspacing=1.2,
    )


def _key_columns(arms: Sequence[str], width: float) -> int:
    longest = max((len(shortened(a)) for a in arms), default=1)
    return max(1, min(len(arms), int(width / (0.062 * longest + 0.62))))


def shortened(label: str, most: int = 28) -> str:
    """A label that leaves room for what it labels; the whole of it stands in the tables."""
    return label if len(label) <= most else f"{label[: most - 9]}…{label[-8:]}"


@contextmanager
def style() -> Iterator[None]:
    """The project's style, whatever the user's own matplotlib settings are."""
    with styles.context(["default", STYLE]):
        yield


def settled(figure: Figure) -> Figure:
    """Lay the figure out once, for all formats: the layout costs as much as the drawing."""
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    return figure


def svg(figure: Figure, name: str) -> str:
    """The figure as SVG: no dates, no machine, ids that no other figure of a page has."""
    text = StringIO()
    with matplotlib.rc_context({"svg.hashsalt": name}):
        blank = {"Date": None, "Creator": None, "Format": None, "Type": None}
        figure.savefig(text, format="svg", metadata=blank)
    return _own_ids(text.getvalue(), name)


def pdf(figure: Figure) -> bytes:
    """The figure as PDF with embedded TrueType fonts and no dates."""
    content = BytesIO()
    figure.savefig(content, format="pdf", metadata={"CreationDate": None, "Creator": None, "Producer": None})
    return content.getvalue()


def _own_ids(text: str, name: str) -> str:
    prefix = re.sub(r"\W", "-", name)
    text = re.sub(r'\bid="([^"]+)"', rf'id="{prefix}-\1"', text)
    text = re.sub(r'href="#([^"]+)"', rf'href="#{prefix}-\1"', text)
    return re.sub(r"url\(#([^)]+)\)", rf"url(#{prefix}-\1)", text)
