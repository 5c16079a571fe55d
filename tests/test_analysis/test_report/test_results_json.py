"""`results.json` and its schema."""

import json
from pathlib import Path
from typing import Any

from analysis.comparing import Comparison
from analysis.report import results_json

SCHEMA: dict[str, Any] = json.loads(Path(results_json.__file__).with_name("results.schema.json").read_text())
TYPES: dict[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "number": (int, float),
    "integer": int,
    "null": type(None),
}


def faults(value: Any, rule: dict[str, Any], where: str = "$") -> list[str]:
    """What of the JSON Schema words that our schema uses does not hold."""
    if "$ref" in rule:
        return faults(value, SCHEMA["$defs"][rule["$ref"].rpartition("/")[2]], where)
    kinds = rule.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    problems = (
        [f"{where}: not {kinds}"] if kinds and not any(isinstance(value, TYPES[k]) for k in kinds) else []
    )
    problems += [f"{where}: {value!r} not allowed"] if value not in rule.get("enum", [value]) else []
    problems += [f"{where}: {value!r} is not {rule['const']!r}"] if value != rule.get("const", value) else []
    if isinstance(value, dict):
        problems += [f"{where}.{name}: missing" for name in rule.get("required", ()) if name not in value]
        for name, part in rule.get("properties", {}).items():
            problems += faults(value[name], part, f"{where}.{name}") if name in value else []
    if isinstance(value, list) and "items" in rule:
        problems += [
            fault for i, item in enumerate(value) for fault in faults(item, rule["items"], f"{where}[{i}]")
        ]
    return problems


def test_the_results_keep_to_the_schema_beside_them(files: dict[str, bytes]) -> None:
    assert json.loads(files["results.schema.json"]) == SCHEMA
    assert faults(json.loads(files["results.json"]), SCHEMA) == []


def test_the_checker_sees_what_is_wrong(files: dict[str, bytes]) -> None:
    content = json.loads(files["results.json"])
    content["families"][0]["verdicts"][0]["verdict"] = "GOOD"
    del content["alpha"]
    assert faults(content, SCHEMA) == [
        "$.alpha: missing",
        "$.families[0].verdicts[0].verdict: 'GOOD' not allowed",
    ]


def test_the_results_are_at_full_precision(comparison: Comparison) -> None:
    verdict = json.loads(results_json.dump_results(comparison))["families"][0]["verdicts"][0]
    assert verdict["differences"] == list(comparison.main.cells[0].differences)
    assert verdict["adjusted_p"] == comparison.main.cells[0].adjusted
