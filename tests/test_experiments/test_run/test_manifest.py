"""The manifest of an attempt has everything that it starts from, and nothing about people."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from experiments.config.run_spec import ArmSpec, RunSpec
from experiments.reproducibility.code_hash import code_digest
from experiments.reproducibility.seeding import derive_seed
from experiments.run.execute import run
from experiments.run.manifest import SEED_RULE
from experiments.store import run_folder
from experiments.training.trainer import Interrupted
from tests.test_experiments.made import run_spec
from tests.test_experiments.test_run.stops import stop_after

pytestmark = pytest.mark.usefixtures("deterministic")
SPEC = run_spec(arm=ArmSpec(module="scse"))


def ran(spec: RunSpec, folder: Path, cache: Path, **options: Any) -> None:
    run(spec, folder, cache=cache, report=lambda epoch, metrics: None, **options)


def test_each_attempt_has_a_manifest_of_all_that_it_starts_from(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WANDB_API_KEY", "a-planted-secret")
    monkeypatch.setenv("OMP_PLANTED", str(Path.home() / "x"))
    spec = SPEC
    origin = {
        "study": "small",
        "attempt": 1,
        "command": ["run", str(Path.home() / "study.yaml")],
        "given": {"setting": {"dataset": {"options": {"root": str(Path.home() / "photos")}}}},
    }
    with pytest.raises(Interrupted):
        ran(spec, tmp_path, cache, interrupted=stop_after(5), origin=origin)
    ran(spec, tmp_path, cache, origin={**origin, "attempt": 2})
    texts = [(tmp_path / run_folder.manifest_name(number)).read_text() for number in (1, 2)]
    first, second = (json.loads(text) for text in texts)
    assert (first["resumed_from"], second["resumed_from"]["step"]) == (None, 2)
    for number, manifest in enumerate((first, second), start=1):
        assert (manifest["run"], manifest["attempt"], manifest["study"]) == (spec.key, number, "small")
        assert RunSpec.model_validate_json(json.dumps(manifest["spec"])) == spec
        assert manifest["data"]["sizes"] == {"train": 64, "validation": 32, "test": 48}
        assert manifest["distributions"]["torch"] == manifest["machine"]["versions"]["torch"]
        assert manifest["numeric"]["identity"]["threads"] == 1
        assert manifest["numeric"]["environment"]["OMP_PLANTED"] == "~/x"
        assert manifest["command"] == ["run", "~/study.yaml"]
        assert manifest["given"]["setting"]["dataset"]["options"]["root"] == "~/photos"
        assert manifest["randomness"]["first_step"] == derive_seed(spec.seed, "step", 0, 0)
        assert manifest["code"]["digest"] == code_digest("scse")
    assert not any("a-planted-secret" in text or str(Path.home()) in text for text in texts)


def test_the_rule_of_the_manifest_derives_its_first_seed() -> None:
    digest = hashlib.sha256(b"7/step/0/0").digest()
    assert SEED_RULE.startswith("sha256('seed/word/...'), first 8 bytes as a big-endian integer")
    assert int.from_bytes(digest[:8], "big") >> 1 == derive_seed(7, "step", 0, 0)
