"""Names of outputs, and which module returned a tensor."""

import pytest

from attention.plugging.probed_model import parse_output_name


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("layer1", ("layer1", None, None)),
        ("a.0#2", ("a.0", 1, None)),
        ("a.0[1]", ("a.0", None, 1)),
        ("a.0#3[0]", ("a.0", 2, 0)),
    ],
)
def test_an_outputs_name_holds_its_module_call_and_entry(
    name: str, found: tuple[str, int | None, int | None]
) -> None:
    assert parse_output_name(name) == found
