"""Whether the Dice loss counts class 0: not where it is a background, but where it is a class such as road or sky."""

import re
from collections.abc import Sequence

from ..config.run_spec import RecipeSpec

BACKGROUND = re.compile(
    r"\b(background|bg|backdrop|void|none|nothing|null|empty|blank|negative|others?|rest|misc|clutter|outside|unknown"
    r"|undefined|unlabell?ed|unannotated|ignored?|no|non|not|without)\b"
)
"""Words that make the name of a class one of a background; the last ones stand before another: 'no crack'."""
NO_NAME = re.compile(r"class[ _]?0+|0+|#[0-9a-f]{6}")
"""What stands for the name of class 0 where nobody has given one: its number, or its color."""


def resolve_dice_classes(recipe: RecipeSpec, classes: Sequence[str]) -> tuple[RecipeSpec, str]:
    """Return the recipe with the classes of its Dice loss, and a line that says which they are and why.

    The foreground is recorded as None, which it meant before there was a choice: keys of such runs stay as they were.
    """
    chosen = recipe.dice_classes or ("foreground" if is_background(classes[0]) else "all")
    other = "all" if chosen == "foreground" else "foreground"
    reason = "as the recipe says" if recipe.dice_classes else f"dice_classes: {other} changes it"
    what = (
        f"all classes but {classes[0]!r}"
        if chosen == "foreground"
        else f"all classes, {classes[0]!r} included"
    )
    resolved = recipe.model_copy(update={"dice_classes": "all" if chosen == "all" else None})
    return resolved, f"Dice loss: {what} ({reason})"


def is_background(name: str) -> bool:
    """Whether the name of class 0 says that it is a background, or is no name."""
    plain = name.strip().lower()
    return bool(NO_NAME.fullmatch(plain) or BACKGROUND.search(plain.replace("_", " ")))
