"""`where`: commands that can be typed, and the path of the report."""

from pathlib import Path

from ..commands import Call


def test_where_prints_what_can_be_typed_and_the_report_last(call: Call, recorded: Path) -> None:
    code, out, _ = call("where", "small", "--store", recorded)
    assert code == 0
    assert "optuna-dashboard" in out[0]
    assert "wandb sync" in out[1]
    assert out[-1].endswith(str(Path("reports") / "small" / "report.html"))
