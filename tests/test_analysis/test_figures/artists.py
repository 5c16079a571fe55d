"""Read what a figure has drawn: the coordinates of its lines, and its titles and labels."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.text import Text


def xs(line: Line2D) -> list[float]:
    """Return a line's x coordinates."""
    return [float(x) for x in np.asarray(line.get_xdata(orig=False), dtype=np.float64)]


def ys(line: Line2D) -> list[float]:
    """Return a line's y coordinates."""
    return [float(y) for y in np.asarray(line.get_ydata(orig=False), dtype=np.float64)]


def title(axes: Axes) -> str:
    """Return a panel's title, which the project's style puts at the left."""
    return axes.get_title(loc="left")


def texts(labels: Sequence[Text]) -> list[str]:
    """Return what labels say."""
    return [label.get_text() for label in labels]
