"""Opening of stores, and finding of recorded studies and runs by what the user typed."""

from contextlib import closing
from pathlib import Path

import pytest

from experiments.cli.records import find_key, open_reader, open_writer, study_name
from experiments.store import StoreWriter, open_store
from experiments.store.maintenance.archive import export_study
from tests.test_experiments.made import cell, run_spec, study_file, study_row


def test_a_folder_and_an_exported_zip_are_read_alike(recorded: Path, tmp_path: Path) -> None:
    with closing(open_store(recorded, readonly=True)) as store:
        export_study(store, "small", tmp_path / "small.zip")
    for path in (recorded, tmp_path / "small.zip"):
        with open_reader(path) as records:
            assert (records.studies(), records.keys_with_prefix()) == (["small"], [run_spec().key])


def test_an_exported_zip_is_not_written(recorded: Path, tmp_path: Path) -> None:
    with closing(open_store(recorded, readonly=True)) as store:
        export_study(store, "small", tmp_path / "small.zip")
    with (
        pytest.raises(ValueError, match=r"small\.zip: an exported store is read, not written"),
        open_writer(tmp_path / "small.zip"),
    ):
        pass


def test_a_study_is_found_by_its_name_or_its_file(store: StoreWriter, tmp_path: Path) -> None:
    store.save_study(study_row(), [])
    assert study_name(store, "small") == "small"
    assert study_name(store, str(study_file(tmp_path))) == "small"
    assert study_name(store, "smal") == "smal"


def test_a_key_is_found_by_a_prefix_that_only_it_has(store: StoreWriter) -> None:
    specs = [run_spec(seed=seed) for seed in range(20)]
    store.save_study(study_row(), [cell(spec) for spec in specs])
    key = specs[0].key
    assert find_key(store, key) == find_key(store, key[:12]) == key
    with pytest.raises(ValueError, match=r"'': no study \(recorded: small\), and 20 recorded runs"):
        find_key(store, "")
    with pytest.raises(ValueError, match="and 0 recorded runs begin like this"):
        find_key(store, "zzz")
