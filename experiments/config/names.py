"""Which names studies, settings and arms may have, and which ones programs that read a CSV table misread."""

import re

MAX_NAME, MAX_LABEL = 64, 60
"""The most characters of the name of a study or setting, and of an arm."""

MISSING = {
    "#N/A",
    "#N/A N/A",
    "#NA",
    "-1.#IND",
    "-1.#QNAN",
    "-NaN",
    "-nan",
    "1.#IND",
    "1.#QNAN",
    "<NA>",
    "N/A",
    "NA",
    "NULL",
    "NaN",
    "None",
    "n/a",
    "nan",
    "null",
}
"""What `pandas.read_csv` reads as a missing value unless it is told otherwise."""
TRUTH = {"true", "false"}
"""What it reads as true or false, in any case, where a whole column is made of them."""


def explain_unreadable_name(name: str) -> str:
    """Return why a default `pandas.read_csv` does not give a name back as it is written; an empty text if it does.

    A number stays readable, as it is still the same number.
    """
    if not name.strip():
        return "a name of spaces cannot be seen in a table"
    if name in MISSING:
        return "pandas.read_csv reads this name as a missing value, so that its rows would be lost"
    if name.lower() in TRUTH:
        return "pandas.read_csv reads this name as true or false"
    return ""


def check_name(name: str) -> str:
    """Return the name of a study or setting, which names folders. Raises ValueError for one that does not."""
    if re.fullmatch(rf"[a-z0-9][a-z0-9._-]{{0,{MAX_NAME - 1}}}", name):
        return name
    proposal = re.sub(r"[^a-z0-9._-]+", "-", name.lower()).strip("-._")[:MAX_NAME] or "my-name"
    raise ValueError(
        f"a name is 1 to {MAX_NAME} small letters a-z, digits, dots, underscores and hyphens, of which the first is a"
        f" letter or digit, such as {proposal}"
    )


def check_label(label: str) -> str:
    """Return the label of an arm. Raises ValueError for one that is empty, too long or not one line."""
    if re.fullmatch(rf"[^\x00-\x1f\x7f]{{1,{MAX_LABEL}}}", label):
        return label
    raise ValueError(f"a label is 1 to {MAX_LABEL} characters in one line, without tabs")
