"""The exception class for a user's mistake, and helpers for one-line messages.

Every package here may import this file; it imports no other file of this repository.
"""

import traceback
from collections.abc import Iterable
from difflib import get_close_matches

OWN_CODE = "attention_own_"
"""The names of the Python modules made from users' own files (`attention.custom_modules`) start with this."""


class UserError(ValueError):
    """What is wrong, where it is wrong, and what would be right: one line, shown without a traceback.

    `place`: the file, key or option, such as "study.yaml: arms.cbam". `hint`: how to mend it.
    Every other exception is a fault of the program and keeps its traceback.
    """

    def __init__(self, message: str, *, place: str = "", hint: str = "") -> None:
        self.message, self.place, self.hint = message, place, hint
        super().__init__(f"{f'{place}: ' if place else ''}{message}{f'; {hint}' if hint else ''}")

    def at(self, place: str) -> "UserError":
        """The same mistake, named from further out: `place` is put before the place that it has."""
        return UserError(
            self.message, place=f"{place}: {self.place}" if self.place else place, hint=self.hint
        )


def first_line(error: BaseException) -> str:
    """The first line of an exception's message, or its class where it has none."""
    try:
        text = str(error).strip()
    except Exception:  # a class of the user's may raise there, too
        text = ""
    return (text or type(error).__name__).splitlines()[0].strip()


def own_code_place(error: BaseException) -> str:
    """Return the last line of a user's own file that an error passed, as 'my_gate.py, line 12', or an empty text."""
    places = [
        f"{frame.f_code.co_filename}, line {line}"
        for frame, line in traceback.walk_tb(error.__traceback__)
        if str(frame.f_globals.get("__name__")).startswith(OWN_CODE)
    ]
    return places[-1] if places else ""


def describe_error(error: BaseException) -> str:
    """Return an exception as one line: its class, the first line of its message, and the user's own line."""
    name, text, place = type(error).__name__, first_line(error), own_code_place(error)
    return f"{name if text == name else f'{name}: {text}'}{f' ({place})' if place else ''}"


MOST_LISTED = 60


def nearest(name: str, known: Iterable[str]) -> str:
    """End an error about a misspelt name: '; did you mean ...?', or the valid names unless there are too many."""
    names = list(known)
    close = get_close_matches(name, names, n=1, cutoff=0.5)
    if close:
        return f"; did you mean {close[0]!r}?"
    if not names:
        return "; there is none"
    return f"; take one of: {', '.join(names)}" if len(names) <= MOST_LISTED else ""
