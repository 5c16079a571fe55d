"""Who may go to which card: never more than its memory, starters one after the other, strangers alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.orchestration.gpu_slots import CONTEXT, HEADROOM, GpuSlots, check
from experiments.run.slot import CPU, FIRST_RUN_MARGIN

GB = 2**30
CARD = [("cuda:0", 16 * GB)]


def known(cards: list[tuple[str, int]], **peaks: int) -> GpuSlots:
    """Slots that have seen arms of the setting `s`."""
    slots = GpuSlots(cards)
    for arm, peak in peaks.items():
        slots.learn(("s", arm), peak)
    return slots


def test_without_cards_every_run_goes_to_the_processor() -> None:
    assert GpuSlots().take("a", ("s", "none")) == CPU


def test_as_many_runs_share_a_card_as_its_memory_allows() -> None:
    slots = known(CARD, none=3 * GB)
    places = []
    for key in "abcdefgh":
        places.append(slots.take(key, ("s", "none")))
        slots.seen(key, 3 * GB, False)
    each = int(HEADROOM * 3 * GB)
    fitting = (16 * GB) // (each + CONTEXT)
    assert fitting == 4
    assert [place is not None for place in places] == [True] * fitting + [False] * (8 - fitting)
    assert {place.memory for place in places if place} == {each}
    slots.leave("b")
    assert slots.take("i", ("s", "none")) is not None


def test_a_starter_waits_for_the_first_step_of_the_one_before() -> None:
    slots = known(CARD, none=GB)
    assert slots.take("a", ("s", "none")) is not None
    assert slots.take("b", ("s", "none")) is None
    slots.seen("a", GB // 2, False)
    assert slots.take("b", ("s", "none")) is not None


def test_two_cards_start_two_runs_at_once() -> None:
    slots = known([*CARD, ("cuda:1", 16 * GB)], none=GB)
    places = [slots.take(key, ("s", "none")) for key in "abc"]
    assert [place and place.device for place in places] == ["cuda:0", "cuda:1", None]


def test_a_run_of_which_nothing_is_known_has_a_card_to_itself_until_an_epoch_is_over() -> None:
    slots = GpuSlots(CARD)
    assert slots.take("a", ("s", "none")) == ("cuda:0", None, True)
    slots.seen("a", GB, False)
    assert slots.take("b", ("s", "none")) is None
    slots.seen("a", 2 * GB, True)
    place = slots.take("b", ("s", "none"))
    assert place == ("cuda:0", int(HEADROOM * 2 * GB), True)


def test_a_kind_that_broke_its_promise_is_promised_more() -> None:
    slots = known(CARD, none=2 * GB)
    assert slots.take("a", ("s", "cbam")) == ("cuda:0", 3 * GB, True)
    slots.leave("a", broke=True)
    place = slots.take("b", ("s", "cbam"))
    assert place is not None
    assert place.memory == int(HEADROOM * int(FIRST_RUN_MARGIN * 3 * GB))


def test_an_arm_that_was_not_seen_is_guessed_from_the_setting() -> None:
    slots = known(CARD, none=GB, cbam=2 * GB)
    place = slots.take("a", ("s", "scse"))
    assert place is not None
    assert place.memory == int(FIRST_RUN_MARGIN * 2 * GB)
    slots.seen("a", GB, True)
    assert slots.take("b", ("another", "scse")) is None  # a setting that nobody has seen


def test_a_run_that_ran_out_of_memory_is_alone_and_without_a_bound() -> None:
    slots = known(CARD, none=GB)
    slots.take("a", ("s", "none"))
    slots.seen("a", GB, False)
    assert slots.take("b", ("s", "none"), alone=True) is None
    slots.leave("a")
    assert slots.take("b", ("s", "none"), alone=True) == ("cuda:0", None, False)


def test_what_needs_more_than_a_card_gets_all_of_it() -> None:
    slots = known(CARD, none=15 * GB)
    assert slots.take("a", ("s", "none")) == ("cuda:0", None, True)


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
def test_no_card_is_promised_twice(moves: list[tuple[str, str, int, bool]]) -> None:
    slots = GpuSlots([("cuda:0", 8 * GB), ("cuda:1", 16 * GB)])
    working: dict[str, str] = {}
    for key, arm, peak, whole in moves:
        if key not in working:
            place = slots.take(key, ("s", arm))
            if place is not None:
                working[key] = place.device
        elif whole:
            slots.leave(key)
            del working[key]
        else:
            slots.seen(key, peak, peak % 2 == 0)
        for card in slots._cards:
            promised = [guest.promised for guest in card.guests.values()]
            assert len(promised) == list(working.values()).count(card.name)
            assert sum(promised) <= card.total
    for key in list(working):
        slots.leave(key)
    assert slots.take("z", ("never", "seen")) is not None


@pytest.mark.parametrize("name", ["cpu", "cuda", "cuda:0", "cuda:12"])
def test_devices_are_named_as_torch_names_them(name: str) -> None:
    assert check(name) == name


@pytest.mark.parametrize("name", ["gpu", "cuda:", "cuda:x", "", "CPU", "cuda:0,1"])
def test_what_is_no_device_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"--device: .* is none of cpu, cuda"):
        check(name)
