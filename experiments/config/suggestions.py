"""Names for people: the nearest valid one when a name is misspelt. Floor 0."""

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(name: str, known: Iterable[str]) -> str:
    """', did you mean ...?' or, where nothing is near, the valid names if they are few."""
    names = sorted(known)
    close = get_close_matches(name, names, n=1, cutoff=0.5)
    if close:
        return f"; did you mean {close[0]!r}?"
    return f"; take one of: {', '.join(names)}" if 0 < len(names) <= 20 else ""
