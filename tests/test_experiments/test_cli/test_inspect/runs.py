"""The two runs that these tests look at."""

from experiments.config.run_spec import ArmSpec
from tests.test_experiments.made import run_spec

PLAIN, OTHER = run_spec(seed=0), run_spec(arm=ArmSpec(module="se"), seed=1)
