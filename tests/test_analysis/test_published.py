"""The published gains in the data file."""

import pytest

from analysis.published import PublishedGain, load_published_gains


@pytest.mark.parametrize("gain", load_published_gains())
def test_every_published_number_has_its_source_and_how_it_was_checked(gain: PublishedGain) -> None:
    assert gain.source
    assert gain.table
    assert gain.recipe
    assert gain.checked in ("read", "third-party transcription", "unverified")
    assert -5 < gain.gain < 12
    if gain.baseline is not None and gain.value is not None:
        assert gain.gain == pytest.approx(gain.value - gain.baseline, abs=1e-3)


def test_known_numbers_are_the_papers() -> None:
    gains = {(g.module, g.backbone, g.dataset, g.source): g.gain for g in load_published_gains()}
    assert gains["se", "resnet50", "imagenet", "arXiv 1709.01507"] == pytest.approx(1.51)
    assert gains["cbam", "resnet101", "imagenet", "github.com implus/PytorchInsight"] == 0.15
    assert gains["scse", "unet", "malc", "arXiv 1803.02579"] == pytest.approx(8.0)
