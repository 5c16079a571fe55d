"""Draw what `comparing` decided. The same data give the same bytes, and nothing is shown by color alone."""

from .render import Drawing, draw
from .style import NARROW, WIDE, ArmStyle, arm_styles

__all__ = ["NARROW", "WIDE", "ArmStyle", "Drawing", "arm_styles", "draw"]
