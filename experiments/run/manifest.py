"""The manifest of one attempt, `manifest-<attempt>.json`: everything it starts from, enough to repeat it elsewhere.

The outcome of the attempt is in `result.json` and in the store's table.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from datasets.catalog import Split, Splits

from ..config.run_result import JsonObject, RunResult
from ..config.run_spec import RunSpec
from ..reproducibility import provenance
from ..reproducibility.incomplete_records import leaving_out
from ..reproducibility.seeding import derive_seed
from ..store import run_folder
from ..store.rows import now
from .execution import Resumed

VERSION = 1
SEED_RULE = "sha256('seed/word/...'), first 8 bytes as a big-endian integer, shifted right by 1"


@leaving_out("the manifest")
def write_manifest(
    folder: Path,
    spec: RunSpec,
    *,
    origin: Mapping[str, Any],
    facts: RunResult,
    splits: Splits,
    resumed: Resumed | None,
) -> None:
    """Write the attempt's manifest, and the uncommitted changes of the code as `code.patch`; warn if that fails.

    origin: study, number of the attempt, command line, and the parts of the spec that the study gave; all optional.
    facts: the result as far as it is known before the first step.
    resumed: the checkpoint that the attempt resumed from.
    """
    patch = provenance.uncommitted_changes().encode()
    if patch:
        run_folder.write_whole(folder / run_folder.PATCH, patch)
    attempt = origin.get("attempt", 1)
    content = {
        "manifest": VERSION,
        "run": spec.key,
        "attempt": attempt,
        "study": origin.get("study"),
        "command": [provenance.without_home(word) for word in origin.get("command", ())],
        "process": os.getpid(),
        "started": now(),
        "spec": spec.model_dump(mode="json"),
        "given": _without_home(origin.get("given")),
        "resumed_from": resumed and resumed._asdict(),
        "code": {"digest": facts.code, "patch": run_folder.PATCH if patch else None},
        "machine": provenance.provenance() | {"accelerators": provenance.accelerators()},
        "distributions": provenance.distributions(),
        "numeric": _numeric(facts.identity or {}),
        "randomness": _randomness(spec),
        "data": _data(spec, splits),
    }
    run_folder.write_json(folder / run_folder.manifest_name(attempt), content, indent=None)


def _without_home(given: Any) -> Any:
    """Replace the home folder by ~ in every text of a JSON value."""
    return json.loads(provenance.without_home(json.dumps(given, ensure_ascii=False)))


def _numeric(identity: JsonObject) -> JsonObject:
    """Return the numeric identity, its key, and the settings that belong to it."""
    return {
        "identity": dict(identity),
        "key": provenance.identity_key(identity),
        "compile": False,
        "interop_threads": torch.get_num_interop_threads(),
        "environment": dict(provenance.environment()),
    }


def _randomness(spec: RunSpec) -> JsonObject:
    """Return the base seed, the rule that derives all other seeds, and one derived seed to check the rule."""
    return {"seed": spec.seed, "rule": SEED_RULE, "first_step": derive_seed(spec.seed, "step", 0, 0)}


def _data(spec: RunSpec, splits: Splits) -> JsonObject:
    """Return name, options, content hash, split sizes and classes of the data set."""
    named: dict[str, Split] = {"train": splits.train, "validation": splits.validation, "test": splits.test}
    sizes = {name: len(split.images) for name, split in named.items()}
    return {
        "name": spec.dataset.name,
        "options": dict(spec.dataset.options),
        "content": splits.content,
        "sizes": dict(sizes),
        "classes": list(splits.classes),
        "ignore_index": splits.ignore_index,
    }
