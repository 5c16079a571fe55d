"""The sealed result of a run: validated when it is sealed and when it is read."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, JsonValue

Metrics = dict[str, float | None]
"""Metric name -> value; None if the metric is not defined."""
JsonObject = dict[str, JsonValue]


class ResultModel(BaseModel):
    """Base class of results: frozen; unknown keys are kept, since a newer version may have written them."""

    model_config = ConfigDict(frozen=True, extra="allow")


class Hashes(ResultModel):
    """SHA-256 of the weights and data that the training started from."""

    initial: str = ""
    """All initial weights."""
    backbone: str = ""
    """Initial weights without those of the plugged modules."""
    data: str = ""
    """The content of the data set."""


class ExampleCounts(ResultModel):
    """Counts of training examples."""

    seen: int
    """Over the whole training, repeats included."""
    left_over_an_epoch: int
    """Examples that do not fill a last batch, in each epoch."""


class Losses(ResultModel):
    """The losses of all steps, as their first value and a hash."""

    first: str | None = None
    """Loss of the first step, as a hexadecimal float."""
    sha256: str
    """Hash of all losses (`tensor_hash.hash_array`)."""


class Plug(ResultModel):
    """One plugged module: its site, the number of channels there, and its effective widths."""

    site: str
    channels: int
    effective: JsonObject = {}
    clamped: bool = False
    """Whether the hidden width is the minimum because the reduction would give less."""


class Probes(ResultModel):
    """Measurements on the trained network."""

    latency_ms: float | None = None
    latency: JsonObject = {}
    reliance: float | None = None
    """Loss of the primary metric, in points, when every gate is replaced by its mean."""
    gates: dict[str, JsonObject] = {}
    """Site -> statistics of its gate."""
    constant_gates: list[str] = []
    """Sites whose gate hardly depends on the image."""


class PerClass(ResultModel):
    """A metric of each class; None for a class in which it is not defined."""

    name: str
    classes: list[str]
    values: list[float | None]


class GpuUse(ResultModel):
    """A run's use of its GPU: peak memory and time."""

    card: str = ""
    peak_bytes: int
    seconds: float = 0.0


class RunResult(ResultModel):
    """The result of a run that finished, diverged, or was pruned by its search.

    Metrics are fractions. `curve` has the metrics of each epoch, counted from 1. `metrics` are those of the test split,
    of finished runs only. `seconds` and `cpu_seconds` are sums over all attempts.
    """

    key: str
    state: Literal["finished", "diverged", "pruned"]
    message: str = ""
    primary: str
    code: str
    """Digest of the code that the run executed (`experiments.reproducibility.code_hash`)."""
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
    """Name of each file in the run's folder -> SHA-256."""
    sealed: str | None = None
    """SHA-256 of all other fields."""

    def score(self, split: Literal["test", "validation"]) -> float | None:
        """Return the primary metric on a split, a fraction; None if it was not computed."""
        metrics = self.metrics if split == "test" else self.validation
        return (metrics or {}).get(self.primary)

    def undefined(self) -> list[str]:
        """Return what is recorded as not defined, such as test/iou or, of a class, test/recall/cat.

        Of validation, it is the last epoch's. Blanks in the names of classes become _, so that words stay apart.
        """
        parts = {"test": self.metrics, "validation": self.validation}
        values = {
            f"{split}/{name}": value for split, part in parts.items() for name, value in (part or {}).items()
        }
        return [name for name, value in (values | self._class_scores()).items() if value is None]

    def _class_scores(self) -> Metrics:
        """Return the test scores of the classes by name; none if no class has one, as the metrics then say so."""
        scores = self.per_class
        if scores is None or all(value is None for value in scores.values):
            return {}
        names = [f"test/{scores.name}/{'_'.join(name.split())}" for name in scores.classes]
        return dict(zip(names, scores.values, strict=True))

    def content(self) -> JsonObject:
        """Return the fields that are set and not None, as JSON."""
        content = self.model_dump(mode="json", exclude_unset=True)
        return {name: value for name, value in content.items() if value is not None}
