"""The style of every figure, and one style per arm throughout a report."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO, StringIO
from typing import Any, NamedTuple

import matplotlib
from matplotlib import style
from matplotlib.figure import Figure

WIDE, NARROW = 6.75, 3.25
"""Widths in inches: two columns of a paper, and one."""
INK, FAINT, BAND, PAPER = "#1b1f24", "#77808b", "#e3e6ea", "#fefefe"
# Petroff's sequence without its greys: of the palettes tried, the one with the largest distances under three
# color-vision deficiencies; grey is the baseline's.
COLORS = ("#3f90da", "#e76300", "#832db6", "#bd1f01", "#a96b59", "#b98b00", "#1d9aa0", "#c2417c", "#6b8e23")
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


class ArmStyle(NamedTuple):
    """How an arm is drawn everywhere: a color, and a marker and a dash for readers who do not see the color."""

    color: str
    marker: str
    dash: str


def arm_styles(arms: Sequence[str], baseline: str) -> dict[str, ArmStyle]:
    """Return a style for every arm, by its position in the study; the baseline is grey."""
    styles = {baseline: ArmStyle(BASELINE, "o", "-")}
    for i, arm in enumerate(a for a in arms if a != baseline):
        styles[arm] = ArmStyle(
            COLORS[i % len(COLORS)],
            MARKERS[(i + 1) % len(MARKERS)],
            DASHES[(i + i // len(COLORS)) % len(DASHES)],
        )
    return styles


def shorten_label(label: str, most: int = 28) -> str:
    """Shorten a label in the middle to `most` characters; the tables have it in full."""
    return label if len(label) <= most else f"{label[: most - 9]}…{label[-8:]}"


@contextmanager
def figure_style() -> Iterator[None]:
    """Apply the project's style, whatever the user's own matplotlib settings are."""
    with style.context(["default", STYLE]):
        yield


def freeze_layout(figure: Figure) -> Figure:
    """Compute the layout once for all formats: it costs as much as the drawing."""
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    return figure


def to_svg(figure: Figure, name: str) -> str:
    """Return the figure as SVG without dates, with ids that start with `name`, unique on a page of many figures."""
    text = StringIO()
    with matplotlib.rc_context({"svg.hashsalt": name}):
        blank = {"Date": None, "Creator": None, "Format": None, "Type": None}
        figure.savefig(text, format="svg", metadata=blank)
    return _prefix_ids(text.getvalue(), name)


def to_pdf(figure: Figure) -> bytes:
    """Return the figure as PDF with embedded TrueType fonts and without dates."""
    content = BytesIO()
    figure.savefig(content, format="pdf", metadata={"CreationDate": None, "Creator": None, "Producer": None})
    return content.getvalue()


def _prefix_ids(text: str, name: str) -> str:
    prefix = re.sub(r"\W", "-", name)
    text = re.sub(r'\bid="([^"]+)"', rf'id="{prefix}-\1"', text)
    text = re.sub(r'href="#([^"]+)"', rf'href="#{prefix}-\1"', text)
    return re.sub(r"url\(#([^)]+)\)", rf"url(#{prefix}-\1)", text)
