"""The training of one run: resumed from a checkpoint, saved as it goes, and reported."""

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
    """The run, code and numeric identity that a checkpoint belongs to; no other may resume it."""

    key: str
    code: str
    identity: str


class Resumed(NamedTuple):
    """The checkpoint that an attempt resumed from: its position and its SHA-256."""

    epoch: int
    step: int
    sha256: str | None


class Outcome(NamedTuple):
    """How a training ended, and its validation metrics if there are any."""

    state: Literal["finished", "diverged", "pruned"]
    message: str = ""
    validation: Metrics | None = None


class UserErrorInTraining(Exception):
    """Raised from a UserError that training raised: the study was accepted, so this is an error of the code.

    Its cause is the UserError, which the worker names in its message.
    """


class Execution:
    """One training with its checkpoints; when `interrupted()` returns true, it saves and stops."""

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
        self.curve: list[tuple[int, Metrics]] = []

    def resume(self) -> Resumed | None:
        """Resume from the newest undamaged checkpoint if it has the same owner; otherwise return None."""
        state = self.checkpoints.load(log.warning)
        if state is None or any(state.get(name) != value for name, value in self.owner._asdict().items()):
            return None
        self.training.restore(state["training"])
        self.clock.restore(state["clock"]["started"], tuple(state["clock"]["spent"]))
        self.curve = state["curve"]
        epoch, step, _ = self.training.position
        log.info("resumed from a checkpoint: epoch %d, step %d", epoch + 1, step)
        return Resumed(epoch, step, self.checkpoints.loaded)

    def fit(self) -> Outcome:
        """Train until the run finishes, diverges or is pruned. Raises Interrupted after saving a checkpoint.

        Filling new memory with NaN is switched off here: it would take a tenth of the time of every step.
        """
        fill_new_memory(False)
        try:
            validation = self.training.fit(
                report=self._report, on_step_end=lambda training: self._save_if_due()
            )
        except UserError as error:  # for example from a study's own module, whose code can raise it
            raise UserErrorInTraining(str(error)) from error
        except Diverged as reason:
            return Outcome("diverged", str(reason))
        except Pruned as reason:
            return Outcome("pruned", str(reason), self._last_validation())
        return Outcome("finished", validation=validation.metrics)

    def _last_validation(self) -> Metrics:
        """Return the validation metrics of the last epoch, without the prefix of the curve."""
        prefix = "validation/"
        last = self.curve[-1][1]
        return {name.removeprefix(prefix): value for name, value in last.items() if name.startswith(prefix)}

    def _report(self, epoch: int, metrics: Metrics) -> None:
        log.info("epoch %d: %s", epoch, ", ".join(_describe(*metric) for metric in metrics.items()))
        self.curve.append((epoch, dict(metrics)))
        self.share.after_epoch()
        self.report(epoch, metrics)

    def _save_if_due(self) -> None:
        """Save a checkpoint if one is due or the training should stop; in that case raise Interrupted."""
        self.share.after_step()
        stopping = self.interrupted()
        if stopping or self.checkpoints.is_due() or self.training.position.step == 0:
            training, clock = self.training.state(), self.clock.state()
            state = {"training": training, "clock": clock, "curve": self.curve}
            self.checkpoints.save({**self.owner._asdict(), **state})
        if stopping:
            epoch, step, _ = self.training.position
            raise Interrupted(f"stopped in epoch {epoch + 1}, after step {step}")


def _describe(name: str, value: float | None) -> str:
    return f"{name} undefined" if value is None else f"{name} {value:.4g}"
