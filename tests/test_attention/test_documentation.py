"""The table of modules and the schemas say what the catalog has."""

import json
from pathlib import Path

import pytest

from attention import CATALOG, build, read_options
from attention.documentation import count_parameters, markdown, rows, schema, schemas
from tests.test_attention.oracles import reference

ROOT = Path(__file__).parents[2]


def test_the_document_of_modules_is_up_to_date() -> None:
    assert (ROOT / "docs" / "modules.md").read_text(encoding="utf-8") == markdown()


def test_there_are_at_least_fifty_modules_each_with_paper_and_year() -> None:
    assert len(CATALOG) >= 50
    assert all(row.paper and 2012 < row.year < 2030 for row in rows())


@pytest.mark.parametrize("name", [name for name, entry in CATALOG.items() if entry.oracle != "its formula"])
def test_every_public_implementation_that_is_named_exists_and_is_what_a_test_takes(name: str) -> None:
    path, _, cls = CATALOG[name].oracle.rpartition(".")
    assert isinstance(getattr(reference(path), cls), type)
    tests = "".join(file.read_text(encoding="utf-8") for file in Path(__file__).parent.rglob("test_*.py"))
    assert f"{cls}(" in tests


@pytest.mark.parametrize("name", CATALOG)
def test_parameters_are_those_of_the_module_built(name: str) -> None:
    assert count_parameters(CATALOG[name], 64) == sum(p.numel() for p in build(name, 64).parameters())


def test_a_width_that_does_not_fit_has_no_count() -> None:
    assert count_parameters(CATALOG["fca"], 24) is None


def test_a_row_shows_options_with_defaults_and_domains() -> None:
    row = rows([CATALOG["scse"]])[0]
    assert row.options[2] == "kernel_size=1 (1, 3, 5, 7)"
    assert (row.parameters_64, row.kind, row.identity) == (4257, "gate", "exact")


def test_a_schema_lists_values_and_defaults() -> None:
    assert schema("simam")["properties"]["penalty"] == {
        "type": "number",
        "minimum": 1e-6,
        "maximum": 0.1,
        "default": 1e-4,
    }
    assert schema("eca")["properties"]["kernel_size"] == {"enum": [None, 3, 5, 7, 9], "default": None}


def test_schemas_are_json_and_complete() -> None:
    found = json.loads(json.dumps(schemas()))
    assert found.keys() == CATALOG.keys()
    assert all(
        found[name]["properties"].keys() == read_options(entry.make).keys() for name, entry in CATALOG.items()
    )
