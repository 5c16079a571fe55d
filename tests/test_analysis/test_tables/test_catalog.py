"""All tables of a study."""

from analysis.comparing import Comparison
from analysis.tables import build_tables


def test_tables_are_in_the_reports_order(comparison: Comparison) -> None:
    families = ["main", "leave-one-out", "tuned"]
    assert [table.name for table in build_tables(comparison)] == [
        *(f"verdicts-{family}" for family in families),
        *(f"across-{family}" for family in families),
        *("cost", "controls", "gates", "reliance", "search", "classes", "published"),
    ]


def test_tables_without_rows_are_left_out(comparison: Comparison) -> None:
    gates = comparison.gates._replace(gates=(), reliance=())
    names = [table.name for table in build_tables(comparison._replace(gates=gates, published=[]))]
    assert not {"gates", "reliance", "published"} & set(names)
    assert "cost" in names


def test_every_row_has_a_text_for_every_column_that_it_shows(comparison: Comparison) -> None:
    for table in build_tables(comparison):
        keys = {column.key for column in table.columns}
        assert all(set(row.texts) <= keys for row in table.rows)
        assert all(any(row.texts.get(key) for row in table.rows) for key in keys)
