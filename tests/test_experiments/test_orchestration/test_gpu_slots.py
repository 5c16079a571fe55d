"""Runs on GPUs: never more than the memory holds, one starting at a time, unknown runs alone."""

from hypothesis import given
from hypothesis import strategies as st

from experiments.orchestration.gpu_slots import CONTEXT_BYTES, HEADROOM, GpuSlots
from experiments.run.slot import CPU, FIRST_RUN_MARGIN

GB = 2**30
GPU = [("cuda:0", 16 * GB)]


def known(gpus: list[tuple[str, int]], **peaks: int) -> GpuSlots:
    """Slots of which the peaks of arms in the setting `s` are known."""
    slots = GpuSlots(gpus)
    for arm, peak in peaks.items():
        slots.record_peak(("s", arm), peak)
    return slots


def test_without_gpus_every_run_goes_to_the_cpu() -> None:
    assert GpuSlots().reserve("a", ("s", "none")) == CPU


def test_as_many_runs_share_a_gpu_as_its_memory_allows() -> None:
    slots = known(GPU, none=3 * GB)
    slots_taken = []
    for key in "abcdefgh":
        slots_taken.append(slots.reserve(key, ("s", "none")))
        slots.observe(key, 3 * GB, False)
    each = int(HEADROOM * 3 * GB)
    fitting = (16 * GB) // (each + CONTEXT_BYTES)
    assert fitting == 4
    assert [slot is not None for slot in slots_taken] == [True] * fitting + [False] * (8 - fitting)
    assert {slot.memory for slot in slots_taken if slot} == {each}
    slots.release("b")
    assert slots.reserve("i", ("s", "none")) is not None


def test_a_run_starts_after_the_first_step_of_the_run_before() -> None:
    slots = known(GPU, none=GB)
    assert slots.reserve("a", ("s", "none")) is not None
    assert slots.reserve("b", ("s", "none")) is None
    slots.observe("a", GB // 2, False)
    assert slots.reserve("b", ("s", "none")) is not None


def test_two_gpus_start_two_runs_at_once() -> None:
    slots = known([*GPU, ("cuda:1", 16 * GB)], none=GB)
    slots_taken = [slots.reserve(key, ("s", "none")) for key in "abc"]
    assert [slot and slot.device for slot in slots_taken] == ["cuda:0", "cuda:1", None]


def test_an_unknown_run_has_a_gpu_to_itself_until_its_first_epoch_is_over() -> None:
    slots = GpuSlots(GPU)
    assert slots.reserve("a", ("s", "none")) == ("cuda:0", None, True)
    slots.observe("a", GB, False)
    assert slots.reserve("b", ("s", "none")) is None
    slots.observe("a", 2 * GB, True)
    slot = slots.reserve("b", ("s", "none"))
    assert slot == ("cuda:0", int(HEADROOM * 2 * GB), True)


def test_after_a_run_out_of_memory_more_is_reserved_for_its_kind() -> None:
    slots = known(GPU, none=2 * GB)
    assert slots.reserve("a", ("s", "cbam")) == ("cuda:0", 3 * GB, True)
    slots.release("a", out_of_memory=True)
    slot = slots.reserve("b", ("s", "cbam"))
    assert slot is not None
    assert slot.memory == int(HEADROOM * int(FIRST_RUN_MARGIN * 3 * GB))


def test_the_memory_of_a_new_arm_is_predicted_from_its_setting() -> None:
    slots = known(GPU, none=GB, cbam=2 * GB)
    slot = slots.reserve("a", ("s", "scse"))
    assert slot is not None
    assert slot.memory == int(FIRST_RUN_MARGIN * 2 * GB)
    slots.observe("a", GB, True)
    assert slots.reserve("b", ("another", "scse")) is None  # nothing is known of this setting


def test_a_run_that_must_run_alone_gets_a_whole_gpu_without_a_memory_limit() -> None:
    slots = known(GPU, none=GB)
    slots.reserve("a", ("s", "none"))
    slots.observe("a", GB, False)
    assert slots.reserve("b", ("s", "none"), alone=True) is None
    slots.release("a")
    assert slots.reserve("b", ("s", "none"), alone=True) == ("cuda:0", None, False)


def test_a_run_that_needs_more_than_a_gpu_gets_all_of_it() -> None:
    slots = known(GPU, none=15 * GB)
    assert slots.reserve("a", ("s", "none")) == ("cuda:0", None, True)


@given(
    st.lists(
        st.tuples(
            st.sampled_from("abcdef"),
            st.sampled_from(["none", "se", "cbam"]),
            st.integers(1, 12 * GB),
            st.booleans(),
        ),
        max_size=60,
    )
)
def test_the_reservations_of_a_gpu_never_exceed_its_memory(moves: list[tuple[str, str, int, bool]]) -> None:
    slots = GpuSlots([("cuda:0", 8 * GB), ("cuda:1", 16 * GB)])
    working: dict[str, str] = {}
    for key, arm, peak, whole in moves:
        if key not in working:
            slot = slots.reserve(key, ("s", arm))
            if slot is not None:
                working[key] = slot.device
        elif whole:
            slots.release(key)
            del working[key]
        else:
            slots.observe(key, peak, peak % 2 == 0)
        for gpu in slots._gpus:
            reserved = [each.reserved_bytes for each in gpu.reservations.values()]
            assert len(reserved) == list(working.values()).count(gpu.name)
            assert sum(reserved) <= gpu.total
    for key in list(working):
        slots.release(key)
    assert slots.reserve("z", ("another", "arm")) is not None
