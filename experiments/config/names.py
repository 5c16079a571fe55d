"""Names that programs that read a CSV table take for something else than text."""

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
