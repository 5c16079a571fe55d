"""Draws what `comparing` decided. Same data, same bytes; nothing is told by colour alone."""

from .render import Drawing, draw
from .style import NARROW, WIDE, Look, looks

__all__ = ["NARROW", "WIDE", "Drawing", "Look", "draw", "looks"]
