"""The folder of one run: its spec, result, log and arrays. Its worker writes it, anyone may read it.

Every write is to a temporary file, flushed, then renamed: after a kill the folder has the old file or the new one.
"""

import hashlib
import itertools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ..config.atomic_write import replacing
from ..config.run_result import JsonObject, RunResult

RESULT, SPEC, CHECKPOINT, LOG = "result.json", "spec.json", "checkpoint.pt", "log.txt"
PREDICTIONS, PROBES, WEIGHTS = "predictions.npz", "probes.npz", "weights.safetensors"
STEPS, PATCH = "steps.npz", "code.patch"
SEALED = (SPEC, PREDICTIONS, PROBES, WEIGHTS, STEPS, PATCH)


def manifest_name(attempt: int) -> str:
    """Return the name of the file that says what an attempt started from."""
    return f"manifest-{attempt}.json"


def folder_of(store: Path, key: str) -> Path:
    """Return the folder of a run: runs/<first two characters of the key>/<key>/ in the store."""
    return store / "runs" / key[:2] / key


def digest(path: Path) -> str:
    """Compute the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_whole(path: Path, content: bytes) -> None:
    """Write so that a reader, or a restart after any crash, finds the old content or the new, never a part."""
    with replacing(path) as part, part.open("wb") as file:
        file.write(content)


def write_json(path: Path, content: Mapping[str, Any], *, indent: int | None = 1) -> None:
    """Write JSON with `write_whole`. Raises ValueError for NaN, which JSON does not have."""
    write_whole(path, json.dumps(content, indent=indent, sort_keys=True, allow_nan=False).encode())


def seal(folder: Path, result: RunResult) -> RunResult:
    """Write `result.json` last, with the SHA-256 of every artifact and of itself; return what was written."""
    manifests = sorted(path.name for path in folder.glob("manifest-*.json"))
    artifacts = {name: digest(folder / name) for name in (*SEALED, *manifests) if (folder / name).exists()}
    content: JsonObject = {**result.content(), "artifacts": dict(artifacts)}
    content["sealed"] = _seal(content)
    write_json(folder / RESULT, content)
    return RunResult.model_validate(content)


def _seal(result: Mapping[str, Any]) -> str:
    content = {name: value for name, value in result.items() if name != "sealed"}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def read_sealed(folder: Path) -> RunResult | None:
    """Read the sealed result of a run; None if it is missing or damaged, or if one of its files is."""
    return None if damage(folder) else RunResult.model_validate_json((folder / RESULT).read_bytes())


def damage(folder: Path) -> str | None:
    """Say what is wrong with an ended run's folder; None if every file exists and has its recorded SHA-256."""
    path = folder / RESULT
    try:
        result = json.loads(path.read_bytes())
    except FileNotFoundError:
        return f"{path}: missing"
    except (ValueError, OSError) as error:
        return f"{path}: torn or unreadable ({error})"
    if not isinstance(result, dict) or result.get("sealed") != _seal(result):
        return f"{path}: edited (its checksum does not match)"
    try:
        RunResult.model_validate(result)
    except ValidationError as error:
        return f"{path}: not a valid result of a run ({error.errors()[0]['loc']}: {error.errors()[0]['msg']})"
    for name, expected in result["artifacts"].items():
        artifact = folder / name
        if not artifact.exists():
            return f"{artifact}: missing"
        if digest(artifact) != expected:
            return f"{artifact}: torn, truncated or edited (its SHA-256 does not match)"
    return None


def unused_aside(path: Path) -> Path:
    """Return the first path `NAME.asideN` beside a damaged file or folder that does not exist yet."""
    numbered = (path.with_name(f"{path.name}.aside{number}") for number in itertools.count(1))
    return next(each for each in numbered if not each.exists())
