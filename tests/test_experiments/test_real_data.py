"""Both real sets through a study of four arms; skipped without ABLATION_REAL_DATA."""

import os
from pathlib import Path

import numpy as np
import pytest

from experiments.cli.main import main
from experiments.store import open_store

REAL = os.environ.get("ABLATION_REAL_DATA")
STUDY = """\
title: Two real data sets
margin: 1.0
seeds: [0]
_backbone: &backbone {name: resnet10t, args: {channels: [8, 16, 16, 32], stem_width: 8}}
settings:
  cifar:
    task: classification
    dataset: {name: image_folder, options: {root: $ABLATION_REAL_DATA/cifar10-jpeg}}
    backbone: *backbone
    recipe: {epochs: 2, batch_size: 100, learning_rate: 0.1, flip: true, randaugment: 9, mixup: 0.2, cutout: 8}
  camvid:
    task: segmentation
    dataset: {name: mask_folder, options: {root: $ABLATION_REAL_DATA/camvid, size: 64x96, ignore: 11}}
    backbone: *backbone
    decoder: {name: unet, args: {decoder_channels: [16, 8, 8, 6, 6]}}
    recipe: {epochs: 2, batch_size: 15, learning_rate: 0.1, shift: 4, flip: true, crop: 0.5, cutmix: 1.0}
arms:
  none: {}
  narrow: {width: 0.67, role: positive_control, expect: WORSE}
  scse: {module: scse}
  cbam: {module: cbam}
"""


@pytest.mark.slow
@pytest.mark.skipif(REAL is None, reason="ABLATION_REAL_DATA does not name the folder of the real data")
def test_both_real_sets_train_two_epochs_in_four_arms(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ABLATION_CACHE", str(tmp_path / "cache"))
    (tmp_path / "real.yaml").write_text(STUDY)
    assert main(["run", str(tmp_path / "real.yaml"), "--store", str(tmp_path / "store")]) == 0
    store = open_store(tmp_path / "store", readonly=True)
    rows = list(store.plan_rows("real"))
    assert [row.state for row in rows] == ["finished"] * 8
    for row in rows:
        assert row.result is not None
        assert row.result.hashes is not None
        assert row.spec["dataset"]["content"] == row.result.hashes.data
        assert "root" not in row.spec["dataset"]["options"]
        with np.load(store.folder(row.key) / "probes.npz", allow_pickle=False) as probes:
            assert probes["image"].dtype == np.uint8
            assert probes["truth"].shape == probes["prediction"].shape
    store.close()
