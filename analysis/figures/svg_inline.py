"""A figure's SVG, made to stand inside a page among others."""

from __future__ import annotations

import re
from collections.abc import Mapping

from markupsafe import escape

from .style import BAND, COLOURS, FAINT, INK, PAPER

PAGE_COLOURS: Mapping[str, str] = {
    INK: "currentColor",
    FAINT: "var(--faint)",
    BAND: "var(--band)",
    PAPER: "var(--paper)",
    **{colour: f"var(--c{i})" for i, colour in enumerate(COLOURS)},
}


def inline(text: str, *, title: str) -> str:
    """No XML head nor fixed size, colours that follow the page's, a title for screen readers, and half the bytes."""
    body = text[text.index("<svg") :]
    body = re.sub(r"\s*<defs>\s*<style[^>]*>.*?</style>\s*</defs>", "", body, flags=re.DOTALL)
    body = body.replace("font-family: 'DejaVu Sans';", "")
    for fixed, variable in PAGE_COLOURS.items():
        body = body.replace(fixed, variable)
    body = re.sub(r"<[^>]+>", lambda tag: _compact(tag.group()), body)
    body = re.sub(r">\s+<", "><", _without_unused_ids(body))
    body = re.sub(r'(<svg [^>]*?) width="[\d.]+pt"', r"\1", body, count=1)
    body = re.sub(r'(<svg [^>]*?) height="[\d.]+pt"', r"\1", body, count=1)
    return body.replace("<svg ", f'<svg role="img" aria-label="{escape(title)}" ', 1).strip()


def share_styles(bodies: list[str]) -> tuple[list[str], str]:
    """The same figures with every style said once, as a class of the page: they repeat by the thousand."""
    places: dict[str, int] = {}

    def shared(found: re.Match[str]) -> str:
        return f' class="f{places.setdefault(found.group(1), len(places))}"'

    changed = [re.sub(r' style="([^"]*)"', shared, body) for body in bodies]
    return changed, "".join(f".f{place}{{{rules}}}\n" for rules, place in places.items())


def _compact(tag: str) -> str:
    """Coordinates to a tenth of a point, one space for any white space; texts between tags are not touched."""
    return re.sub(r"\s+", " ", re.sub(r"(\d\.\d)\d+", r"\1", tag))


def _without_unused_ids(body: str) -> str:
    used = {one or other for one, other in re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', body)}
    return re.sub(r' id="([^"]+)"', lambda found: found.group() if found.group(1) in used else "", body)
