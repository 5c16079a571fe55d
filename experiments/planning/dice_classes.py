"""Whether the Dice loss counts class 0: not where it is a background, but where it is a class such as road or sky."""

import re
from collections.abc import Sequence

from ..config.run_spec import RecipeSpec

WHOLE_NAME = re.compile(
    "void|none|nothing|null|nil|empty|blank|neg|negative|others?|allothers?|rest|misc|miscellaneous|clutter|outside"
    "|unknown|undefined|unspecified|unassigned|unlabell?ed|unannotated|unclassified|unmarked|invalid|ignored?|dontcare"
    "|no|na|nan|no(data|label|class|object)|not(labell?ed|annotated|classified)|everythingelse|noneoftheabove"
    "|backgrounds?|backdrop|bg|bkg|hintergrund|fondo|sfondo|achtergrond|背景"
)
"""What names a background if it is the whole name, written without spaces: 'other' does, 'other vehicle' does not."""
WORDS = frozenset(
    ("background", "backgrounds", "backdrop", "bg", "bkg", "unlabeled", "unlabelled", "unannotated")
)
"""What names a background also as one word of several: 'sea background'."""
NEGATIONS = frozenset(("no", "non", "not", "without"))
"""What makes the name of the other one of two classes that of a background: 'no crack' beside 'crack'."""
FILLERS = frozenset(("class", "category", "label", "pixel", "pixels"))
NO_NAME = re.compile(r"((class|category|label|value|id)[ _-]?)?0+|#[0-9a-f]{6}")
"""What stands for the name of class 0 where nobody has given one: its number, or its color."""


def resolve_dice_classes(recipe: RecipeSpec, classes: Sequence[str]) -> tuple[RecipeSpec, str]:
    """Return the recipe with the classes of its Dice loss, and a line that says which they are and why.

    The foreground is recorded as None, which it meant before there was a choice: keys of such runs stay as they were.
    """
    chosen = recipe.dice_classes or ("foreground" if is_background(classes[0], classes[1:]) else "all")
    other = "all" if chosen == "foreground" else "foreground"
    reason = "as the recipe says" if recipe.dice_classes else f"dice_classes: {other} changes it"
    what = (
        f"all classes but {classes[0]!r}"
        if chosen == "foreground"
        else f"all classes, {classes[0]!r} included"
    )
    resolved = recipe.model_copy(update={"dice_classes": "all" if chosen == "all" else None})
    return resolved, f"Dice loss: {what} ({reason})"


def is_background(name: str, others: Sequence[str] = ()) -> bool:
    """Whether the name of class 0 says that it is a background, or is no name; others: the other classes."""
    words = _split_words(name)
    if NO_NAME.fullmatch(name.strip().lower()) or WHOLE_NAME.fullmatch("".join(words)):
        return True
    if not words:
        return False
    if words[0] in NEGATIONS:
        return len(others) == 1 and _singular(words[1:]) == _singular(_split_words(others[0]))
    parts = re.split(r"[/,;|&+()\[\]]|\band\b|\bor\b", name, flags=re.IGNORECASE)
    return bool(WORDS & set(words)) or all(map(_is_whole_name, filter(str.strip, parts)))


def _is_whole_name(text: str) -> bool:
    words = _split_words(text)
    return bool(WHOLE_NAME.fullmatch("".join(word for word in words if word not in FILLERS)))


def _split_words(name: str) -> list[str]:
    """Return the words of 'Non-roadArea_2' in small letters, without signs and digits: non, road, area."""
    return re.findall(r"[^\W\d_]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower())


def _singular(words: Sequence[str]) -> list[str]:
    return [word.removesuffix("s") for word in words]
