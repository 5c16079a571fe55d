"""`list`: modules, studies and data sets, as lines and as JSON."""

import json
from pathlib import Path

import pytest

from attention.documentation import markdown
from experiments.config.study_file import shipped_studies
from tests.test_attention.test_custom_modules import MINE

from .commands import Call


@pytest.mark.parametrize(
    ("what", "expected"), [("modules", "scse"), ("studies", "quick"), ("datasets", "cluttered_digits")]
)
def test_lists_name_what_there_is(what: str, expected: str, call: Call) -> None:
    code, out, _ = call("list", what)
    assert code == 0
    assert any(line.startswith(expected) for line in out)


def test_modules_as_json_have_the_options_that_the_lines_show(call: Call) -> None:
    rows = {row["name"]: row for row in json.loads(call("list", "modules", "--json").text)}
    assert rows["se"]["kind"] == "gate"
    assert any(option.startswith("reduction=") for option in rows["se"]["options"])
    assert rows["se"]["parameters_64"] < rows["se"]["parameters_256"]


def test_studies_as_json_are_the_shipped_ones(call: Call) -> None:
    rows = json.loads(call("list", "studies", "--json").text)
    assert [row["name"] for row in rows] == list(shipped_studies())
    assert all(row["title"] for row in rows)


def test_benchmark_sets_are_listed_with_size_and_source(call: Call) -> None:
    rows = {row["name"]: row for row in json.loads(call("list", "datasets", "--json").text)}
    assert rows["cifar10"]["tasks"] == ["classification"]
    assert rows["cifar10"]["url"].startswith("http")
    assert f"{rows['cifar10']['megabytes']} MB" in call("list", "datasets").text
    assert "url" not in rows["cluttered_digits"]


def test_the_table_is_the_page_of_the_modules_and_the_schemas_are_json(call: Call) -> None:
    assert call("list", "table").text == markdown().rstrip("\n")
    schemas = json.loads(call("list", "schemas").text)
    assert "reduction" in schemas["se"]["properties"]


def test_own_modules_are_listed_with_their_options(call: Call, tmp_path: Path) -> None:
    path = tmp_path / "my_gate.py"
    path.write_text(MINE, encoding="utf-8")
    output = call("list", "modules", "--modules", path)
    assert output.code == 0
    assert "power=1 (1, 2)" in output.text


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("studies", "--modules", "my_gate.py"), "--modules belongs to `list modules`"),
        (("table", "--json"), "is Markdown, not JSON"),
    ],
)
def test_options_that_do_not_go_with_a_list_are_refused(
    words: tuple[str, ...], message: str, call: Call
) -> None:
    code, out, err = call("list", *words)
    assert (code, out, len(err)) == (2, [], 1)
    assert message in err[0]
