"""Prepare the SVG of figures for embedding in one HTML page."""

from __future__ import annotations

import re
from collections.abc import Mapping

from markupsafe import escape

from .style import BAND, COLORS, FAINT, INK, PAPER

PAGE_COLORS: Mapping[str, str] = {
    INK: "currentColor",
    FAINT: "var(--faint)",
    BAND: "var(--band)",
    PAPER: "var(--paper)",
    **{color: f"var(--c{i})" for i, color in enumerate(COLORS)},
}


def inline_svg(text: str, *, title: str) -> str:
    """Return an `<svg>` element without fixed size, in the page's colors, with a title for screen readers.

    Coordinates are rounded and unused ids removed, which halves the bytes."""
    body = text[text.index("<svg") :]
    body = re.sub(r"\s*<defs>\s*<style[^>]*>.*?</style>\s*</defs>", "", body, flags=re.DOTALL)
    body = body.replace("font-family: 'DejaVu Sans';", "")
    for fixed, variable in PAGE_COLORS.items():
        body = body.replace(fixed, variable)
    body = re.sub(r"<[^>]+>", lambda tag: _compact(tag.group()), body)
    body = re.sub(r">\s+<", "><", _without_unused_ids(body))
    body = re.sub(r'(<svg [^>]*?) width="[\d.]+pt"', r"\1", body, count=1)
    body = re.sub(r'(<svg [^>]*?) height="[\d.]+pt"', r"\1", body, count=1)
    return body.replace("<svg ", f'<svg role="img" aria-label="{escape(title)}" ', 1).strip()


def share_styles(bodies: list[str]) -> tuple[list[str], str]:
    """Replace the repeated style attributes by shared classes; return the figures and the CSS rules."""
    classes: dict[str, int] = {}

    def to_class(match: re.Match[str]) -> str:
        return f' class="f{classes.setdefault(match.group(1), len(classes))}"'

    shared = [re.sub(r' style="([^"]*)"', to_class, body) for body in bodies]
    return shared, "".join(f".f{number}{{{rules}}}\n" for rules, number in classes.items())


def _compact(tag: str) -> str:
    """Round a tag's coordinates to a tenth of a point and collapse its white space."""
    return re.sub(r"\s+", " ", re.sub(r"(\d\.\d)\d+", r"\1", tag))


def _without_unused_ids(body: str) -> str:
    used = {link or url for link, url in re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', body)}
    return re.sub(r' id="([^"]+)"', lambda match: match.group() if match.group(1) in used else "", body)
