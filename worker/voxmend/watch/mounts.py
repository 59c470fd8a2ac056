"""Whether a folder lies on a network share, where the system's notices are not to be trusted.

A notice of a change made by another machine never comes over NFS or SMB. Linux lists what is
mounted in ``/proc/self/mountinfo``, macOS by the command ``mount``, Windows knows a drive's kind.
Where nothing is known a folder counts as local: the rescan finds what no notice told of.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys

_REMOTE = re.compile(
    r"(nfs4?|cifs|smb\w*|smbfs|afpfs|webdav|davfs|9p|afs|ceph|glusterfs|lustre|vboxsf|vmhgfs|"
    r"prl_fs|virtiofs|fuse\.(sshfs|rclone|s3fs|glusterfs|vmhgfs-fuse|davfs2|gvfsd-fuse|smbnetfs))"
)
_LINUX = re.compile(r"^\S+ \S+ \S+ \S+ (?P<at>\S+) .*? - (?P<kind>\S+) ", re.MULTILINE)
_MAC = re.compile(r"^.* on (?P<at>/.*) \((?P<kind>[^,)]+)[,)]", re.MULTILINE)
_DRIVE_REMOTE = 4


def is_remote(path: str) -> bool:
    """Whether the folder, by its real path, lies on a share."""
    try:
        if sys.platform == "win32":
            return _windows(path)
        if sys.platform == "darwin":
            run = subprocess.run(
                ["/sbin/mount"], capture_output=True, text=True, timeout=5, check=False
            )
            return remote_by(_mac(run.stdout), path)
        with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as file:
            return remote_by(_linux(file.read()), path)
    except (OSError, subprocess.SubprocessError):
        return False


def remote_by(kinds: dict[str, str], path: str) -> bool:
    """Whether the mount that holds a path is a share, by mount points and their kinds."""
    here = path
    while here not in kinds:
        above = os.path.dirname(here)
        if above == here:
            return False
        here = above
    return _REMOTE.fullmatch(kinds[here]) is not None


def _linux(text: str) -> dict[str, str]:
    """Mount points and kinds; of two at one point the later hides the earlier."""
    return {_unescaped(m["at"]): m["kind"] for m in _LINUX.finditer(text)}


def _mac(text: str) -> dict[str, str]:
    return {m["at"]: m["kind"] for m in _MAC.finditer(text)}


def _unescaped(text: str) -> str:
    """The kernel writes a space as ``\\040``."""
    return re.sub(r"\\([0-7]{3})", lambda m: chr(int(m[1], 8)), text)


def _windows(path: str) -> bool:
    if sys.platform != "win32":
        return False
    import ctypes

    drive, _ = os.path.splitdrive(path)
    if drive.startswith("\\\\"):
        return True
    return bool(ctypes.windll.kernel32.GetDriveTypeW(f"{drive}\\") == _DRIVE_REMOTE)
