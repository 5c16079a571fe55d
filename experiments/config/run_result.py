"""What came out of a run: validated once when it is sealed, and once when it is read."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, JsonValue

Metrics = dict[str, float | None]
"""Name -> value; None where the metric is not defined."""
JsonObject = dict[str, JsonValue]


class ResultModel(BaseModel):
    """A piece of a result. Unknown keys are kept: a record may be of a newer version."""

    model_config = ConfigDict(frozen=True, extra="allow")


class Hashes(ResultModel):
    """SHA-256 of what the training started from."""

    initial: str = ""
    """All first weights."""
    backbone: str = ""
    """Those of the network without what the arm plugged in."""
    data: str = ""


class ExampleCounts(ResultModel):
    """Training examples, counted."""

    seen: int
    left_over_an_epoch: int


class Losses(ResultModel):
    """The loss of every step, in short."""

    first: str | None = None
    """Of the first step, as a hexadecimal float."""
    sha256: str


class Plug(ResultModel):
    """One module in the network: where it is, on how many channels, and its effective widths."""

    site: str
    channels: int
    effective: JsonObject = {}
    clamped: bool = False
    """Whether the hidden width is the floor: the reduction asked for less."""


class Probes(ResultModel):
    """Measurements on the trained network."""

    latency_ms: float | None = None
    latency: JsonObject = {}
    reliance: float | None = None
    """Points of the primary metric that are lost when every gate is replaced by its mean."""
    gates: dict[str, JsonObject] = {}
    constant_gates: list[str] = []


class PerClass(ResultModel):
    """One metric for each class; None where it is not defined."""

    name: str
    classes: list[str]
    values: list[float | None]


class GpuUse(ResultModel):
    """What a run held on its graphics card, and for how long."""

    card: str = ""
    peak_bytes: int
    seconds: float = 0.0


class RunResult(ResultModel):
    """The sealed result of a run that finished, diverged, or was pruned by its search.

    Metrics are fractions; `curve` has the metrics of each epoch, counted from 1. `seconds` and `cpu_seconds` are over
    all attempts. `metrics` is of the test split and there only for finished runs.
    """

    key: str
    state: Literal["finished", "diverged", "pruned"]
    message: str = ""
    primary: str
    code: str
    """Digest of the code that made it (`experiments.reproducibility.code_hash`)."""
    curve: list[tuple[int, Metrics]] = []
    validation: Metrics | None = None
    metrics: Metrics | None = None
    exact: dict[str, str] | None = None
    """The test metrics as hexadecimal floats."""
    per_class: PerClass | None = None
    probes: Probes | None = None
    parameters: int | None = None
    macs: int | None = None
    plugs: list[Plug] = []
    hashes: Hashes | None = None
    logits: str | None = None
    last_weights: str | None = None
    final_weights: str | None = None
    identity: JsonObject | None = None
    """The numeric identity: equal identities give equal bits."""
    identity_key: str | None = None
    provenance: JsonObject | None = None
    steps: int | None = None
    examples: ExampleCounts | None = None
    losses: Losses | None = None
    warnings: list[str] = []
    started: str | None = None
    ended: str | None = None
    seconds: float | None = None
    cpu_seconds: float | None = None
    peak_bytes: int | None = None
    gpu: GpuUse | None = None
    artifacts: dict[str, str] = {}
    """Name of each file beside it -> SHA-256."""
    sealed: str | None = None
    """SHA-256 of all the rest."""

    def score(self, split: Literal["test", "validation"]) -> float | None:
        """The primary metric on a split, a fraction; None where there is none."""
        metrics = self.metrics if split == "test" else self.validation
        return (metrics or {}).get(self.primary)

    def content(self) -> JsonObject:
        """As JSON: what was given, without what does not apply."""
        content = self.model_dump(mode="json", exclude_unset=True)
        return {name: value for name, value in content.items() if value is not None}
