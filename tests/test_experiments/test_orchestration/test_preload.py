"""What the fork server imports, and what workers inherit from it."""

import sys

from experiments.orchestration import preload
from experiments.orchestration.engines.local import PRELOAD
from experiments.reproducibility import code_hash, provenance


def test_the_fork_server_imports_the_jobs_and_the_heavy_libraries() -> None:
    assert (preload.__name__,) == PRELOAD
    assert set(preload.__all__) == {"jobs", "torch", "timm", "segmentation_models_pytorch"}
    assert all(callable(getattr(preload.jobs, name)) for name in ("design", "propose", "journal", "train"))
    assert {"torch", "timm", "segmentation_models_pytorch"} <= set(sys.modules)


def test_what_every_run_records_is_computed_once_for_all_workers() -> None:
    before = provenance.distributions.cache_info().hits
    assert provenance.distributions() is provenance.distributions()
    assert provenance.distributions.cache_info().hits == before + 2
    assert code_hash.code_digest("none") == code_hash.code_digest("none")
