"""A store must be on a local disk."""

from pathlib import Path

import pytest

from experiments.store import filesystem, open_store

MOUNTS = """\
/dev/sda1 / ext4 rw 0 0
server:/home /home nfs4 rw 0 0
/dev/sdb1 /home/me/scratch\\040disk xfs rw 0 0
//server/share /mnt/share cifs rw 0 0
me@server: /mnt/far fuse.sshfs rw 0 0
"""


@pytest.fixture
def mounts(tmp_path: Path) -> Path:
    path = tmp_path / "mounts"
    path.write_text(MOUNTS)
    return path


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/home/me/runs", "nfs4 at /home"), ("/mnt/share", "cifs"), ("/mnt/far/a/b", "fuse.sshfs")],
)
def test_a_network_file_system_is_an_error_that_names_the_alternative(
    path: str, kind: str, mounts: Path
) -> None:
    with pytest.raises(ValueError, match=rf"^{path}: .*{kind}.*--store.*store export") as error:
        filesystem.reject_network_filesystem(Path(path), mounts=mounts)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("path", ["/data/runs", "/home/me/scratch disk/runs", "/mnt/shared", "/homework"])
def test_a_local_disk_is_taken_even_below_a_network_mount(path: str, mounts: Path) -> None:
    filesystem.reject_network_filesystem(Path(path), mounts=mounts)


def test_a_machine_without_a_list_of_mounts_is_trusted(tmp_path: Path) -> None:
    filesystem.reject_network_filesystem(tmp_path, mounts=tmp_path / "nothing")


def test_a_store_there_is_neither_made_nor_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = tmp_path / "mounts"
    listed.write_text(f"server:/x {tmp_path} nfs rw 0 0\n")
    monkeypatch.setattr(filesystem, "MOUNTS_FILE", listed)
    with pytest.raises(ValueError, match="network file system"):
        open_store(tmp_path / "store")
    assert not (tmp_path / "store").exists()
