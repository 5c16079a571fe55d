"""The repository's paths are those of this checkout."""

from experiments.config.paths import ROOT, STUDIES
from tests import sources


def test_the_root_is_the_folder_of_the_packages_and_the_tests() -> None:
    assert ROOT == sources.ROOT
    assert (ROOT / "pyproject.toml").is_file()


def test_the_shipped_studies_are_yaml_files() -> None:
    assert {"smoke.yaml", "quick.yaml"} <= {path.name for path in STUDIES.iterdir()}
