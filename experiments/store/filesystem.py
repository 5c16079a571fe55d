"""The file systems that a store may be on: local ones, as SQLite's WAL file is not safe between several machines."""

from pathlib import Path

from user_error import UserError

MOUNTS_FILE = Path("/proc/mounts")
NETWORK_TYPES = {
    "nfs",
    "nfs4",
    "cifs",
    "smb3",
    "smbfs",
    "ncpfs",
    "afs",
    "ceph",
    "lustre",
    "gpfs",
    "beegfs",
    "glusterfs",
    "fuse.sshfs",
    "fuse.glusterfs",
    "fuse.ceph",
    "fuse.s3fs",
    "fuse.rclone",
    "fuse.gcsfuse",
}


def reject_network_filesystem(path: Path, *, mounts: Path | None = None) -> None:
    """Raise UserError for a folder on a network file system (on Linux; elsewhere nothing is checked).

    mounts: a table in the format of /proc/mounts, which is the default.
    """
    file_system, mount_point = _find_mount(path, mounts or MOUNTS_FILE)
    if file_system in NETWORK_TYPES:
        raise UserError(
            f"{path}: lies on a network file system ({file_system} at {mount_point}), which would damage a run store;"
            " give --store a folder on a local disk, and copy it elsewhere with `store export`"
        )


def _find_mount(path: Path, mounts: Path) -> tuple[str, Path]:
    """Return the type and the mount point of the file system of a path, which need not exist; ('', /) if unknown."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return "", Path("/")
    absolute = path.resolve()
    best = "", Path("/")
    for fields in (line.split() for line in lines):
        point = Path(fields[1].replace("\\040", " "))
        if len(fields) > 2 and absolute.is_relative_to(point) and len(point.parts) >= len(best[1].parts):
            best = fields[2], point
    return best
