"""A slot is a device and a memory limit."""

from experiments.run.slot import CPU, FIRST_RUN_MARGIN, Slot


def test_the_cpu_has_no_memory_limit_of_its_own() -> None:
    assert (CPU.device, CPU.memory, CPU.shared) == ("cpu", None, True)
    assert Slot("cuda:1", 2**30, shared=False) == ("cuda:1", 2**30, False)


def test_a_first_run_is_reserved_half_more_than_was_measured() -> None:
    assert FIRST_RUN_MARGIN == 1.5
