"""Where a store may lie: on a disk of this machine. Several machines' caches of one WAL file would destroy it."""

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
    """Raises UserError, with the way out, for a folder on a network file system; Linux tells by its mounts."""
    kind, point = _find_mount(path, mounts or MOUNTS_FILE)
    if kind in NETWORK_TYPES:
        raise UserError(
            f"{path}: lies on a network file system ({kind} at {point}), where a run store would be damaged;"
            " give --store a folder on a local disk, and carry it elsewhere with `store export`"
        )


def _find_mount(path: Path, mounts: Path) -> tuple[str, Path]:
    """Type and mount point of the file system that a path is on, or would be."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return "", Path("/")
    whole = path.resolve()
    found = "", Path("/")
    for fields in (line.split() for line in lines):
        point = Path(fields[1].replace("\\040", " "))
        if len(fields) > 2 and whole.is_relative_to(point) and len(point.parts) >= len(found[1].parts):
            found = fields[2], point
    return found
