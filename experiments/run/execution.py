"""A training between its checkpoints and whoever follows it."""

import logging
from collections.abc import Callable
from typing import Literal, NamedTuple

from user_error import UserError

from ..reproducibility.determinism import fill_new_memory
from ..training.trainer import Diverged, Interrupted, Metrics, Pruned, Report, Training
from .checkpoints import Checkpoints
from .clock import Clock
from .devices import Share

log = logging.getLogger(__name__)


class CheckpointOwner(NamedTuple):
    """Whose a checkpoint is: it is used by the same run, code and numeric identity only."""

    key: str
    code: str
    identity: str


class Resumed(NamedTuple):
    """The checkpoint that an attempt goes on from: its position and its SHA-256."""

    epoch: int
    step: int
    sha256: str | None


class Outcome(NamedTuple):
    """How a training ended, and its validation metrics where there are any."""

    state: Literal["finished", "diverged", "pruned"]
    message: str = ""
    validation: Metrics | None = None


class Execution:
    """One training, saved as it goes; `interrupted()` says whether it should save and leave."""

    def __init__(
        self,
        training: Training,
        owner: CheckpointOwner,
        *,
        checkpoints: Checkpoints,
        report: Report,
        interrupted: Callable[[], bool],
        share: Share,
    ) -> None:
        self.training, self.owner, self.checkpoints = training, owner, checkpoints
        self.report, self.interrupted, self.share = report, interrupted, share
        self.clock = Clock()
        self.curve: list[tuple[int, dict[str, float]]] = []

    def resume(self) -> Resumed | None:
        """Go on from the newest whole checkpoint, if it has the same owner."""
        state = self.checkpoints.load(log.warning)
        if state is None or any(state.get(name) != value for name, value in self.owner._asdict().items()):
            return None
        self.training.restore(state["training"])
        self.clock.restore(state["clock"]["started"], tuple(state["clock"]["spent"]))
        self.curve = state["curve"]
        epoch, step, _ = self.training.position
        log.info("goes on from a checkpoint: epoch %d, step %d", epoch + 1, step)
        return Resumed(epoch, step, self.checkpoints.loaded)

    def fit(self) -> Outcome:
        """Train to the end, however it ends. Raises Interrupted after saving.

        New memory was filled while the network was made; in its steps that would take a tenth of the time.
        """
        fill_new_memory(False)
        try:
            validation = self.training.fit(report=self._report, keep=lambda training: self._keep())
        except UserError as error:  # it was not refused before it began, so it is a fault, with a traceback
            raise RuntimeError(str(error)) from error
        except Diverged as reason:
            return Outcome("diverged", str(reason))
        except Pruned as reason:
            return Outcome("pruned", str(reason), self._last_validation())
        return Outcome("finished", validation=validation.metrics)

    def _last_validation(self) -> dict[str, float]:
        start = "validation/"
        last = self.curve[-1][1]
        return {name.removeprefix(start): value for name, value in last.items() if name.startswith(start)}

    def _report(self, epoch: int, metrics: Metrics) -> None:
        log.info("epoch %d: %s", epoch, ", ".join(f"{name} {value:.4g}" for name, value in metrics.items()))
        self.curve.append((epoch, dict(metrics)))
        self.share.after_epoch()
        self.report(epoch, metrics)

    def _keep(self) -> None:
        """Save when it is time to, or when the training should leave, which raises Interrupted."""
        self.share.after_step()
        leaving = self.interrupted()
        if leaving or self.checkpoints.due() or self.training.position.step == 0:
            training, clock = self.training.state(), self.clock.state()
            state = {"training": training, "clock": clock, "curve": self.curve}
            self.checkpoints.save({**self.owner._asdict(), **state})
        if leaving:
            epoch, step, _ = self.training.position
            raise Interrupted(f"stopped in epoch {epoch + 1}, after step {step}")
