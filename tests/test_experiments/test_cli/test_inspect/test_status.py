"""`status`: the progress of recorded studies, as a table and as JSON."""

import json
from pathlib import Path

from ..commands import Call


def test_status_shows_the_table_of_every_study(call: Call, recorded: Path) -> None:
    code, out, _ = call("status", "--store", recorded)
    text = "\n".join(out)
    assert code == 0
    assert "small: 1/1 runs" in text
    assert "75.0" in text


def test_status_as_json_has_counts_means_and_failures(call: Call, recorded: Path) -> None:
    content = json.loads(call("status", "small", "--json", "--store", recorded).text)
    assert content["supervisor"] is None
    assert content["studies"] == [
        {
            "study": "small",
            "runs": 1,
            "ended": 1,
            "states": {"finished": 1},
            "seconds_left": 0,
            "means": [{"setting": "classification", "arm": "none", "mean": 0.75}],
            "failures": [],
        }
    ]
