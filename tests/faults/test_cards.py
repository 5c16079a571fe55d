"""Runs that share a graphics card, each in a process of its own; the card is a stub that counts."""

import json
from contextlib import closing
from pathlib import Path

from experiments.store import open_store
from tests.faults import stubs
from tests.faults.stub_card import CARDS, LARGE_SEED, NOTES

JOBS = {job: f"tests.faults.stub_card:{job}" for job in ("design", "train")}


def test_runs_share_a_card_without_ever_asking_for_more_than_it_has(tmp_path: Path) -> None:
    stubs.supervised(tmp_path, stubs.study(14), workers=8, jobs=JOBS)
    with closing(open_store(tmp_path, readonly=True)) as store:
        assert store.counts(stubs.NAME) == {"finished": 14}
    held: dict[str, int] = {}
    starting: set[str] = set()
    most = together = 0
    fenced = []
    for line in (tmp_path / NOTES).read_text().splitlines():
        device, seed, what, amount = json.loads(line)
        assert device == CARDS[0][0]
        starting = starting - {seed} if seed in held or what != "holds" else starting | {seed}
        assert len(starting) <= 1, "two took memory before the first step of one was over"
        held[seed] = amount
        fenced += [seed] if what == "fenced" else []
        if amount == 0:
            del held[seed]
        most, together = max(most, sum(held.values())), max(together, len(held))
    assert most <= CARDS[0][1]
    assert together == 4  # what fits, with headroom and a context each
    assert fenced == [
        str(LARGE_SEED)
    ]  # it held more than runs like it, was stopped at its bound, and ran alone
    assert held == {}
