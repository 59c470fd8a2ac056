"""Who may write a file or a folder besides me, by what the system says of it.

A group counts as others, unless it is mine alone: the group of my own name that many systems give
each user (umask 002 goes with it), and root's. An access list may let more users in than the mode
shows. File systems without modes (FAT, exFAT, most shares) show one mode for all: nothing can be
told there.
"""

from __future__ import annotations

import errno
import functools
import os
import shlex
import stat
import struct

_LIST = "system.posix_acl_access"
_USER, _GROUP, _MASK, _WRITE = 0x02, 0x08, 0x10, 0x02
_NO_MODES = frozenset(
    (
        "9p", "cifs", "drvfs", "exfat", "fuseblk", "hfs", "msdos", "ntfs", "ntfs3", "smb3", "smbfs",
        "vboxsf", "vfat", "fuse.exfat", "fuse.ntfs", "fuse.vmhgfs-fuse", "prl_fs",
    )
)  # fmt: skip


class UnsafeError(PermissionError):
    """A file that another user could have laid there, or that is no plain file.

    Attributes:
        strerror: why, as the end of a sentence that begins with the path.
        mend: the next step, as a sentence.
    """

    def __init__(self, path: str | os.PathLike[str], why: str, mend: str) -> None:
        super().__init__(errno.EACCES, why, os.fspath(path))
        self.mend = mend

    def __reduce__(self) -> tuple[type[UnsafeError], tuple[str, str, str]]:
        return type(self), (self.filename, self.strerror or "", self.mend)

    def __str__(self) -> str:
        return f"{self.filename} {self.strerror}. {self.mend}"


def me() -> int:
    """My uid; -1 where there is none."""
    return os.geteuid() if hasattr(os, "geteuid") else -1


def trusted_owner(status: os.stat_result) -> bool:
    """Whether it is mine or root's."""
    return os.name != "posix" or status.st_uid in (me(), 0)


def unmapped(status: os.stat_result) -> bool:
    """Whether the owner has no number here: in a sandbox that knows only me, root's folders are
    shown as those of nobody."""
    try:
        with open("/proc/self/uid_map", encoding="ascii") as file:
            known = [range(int(line.split()[0]), sum(map(int, line.split()[::2]))) for line in file]
        with open("/proc/sys/kernel/overflowuid", encoding="ascii") as file:
            nobody = int(file.read())
    except (OSError, ValueError):
        return False
    return status.st_uid == nobody and not any(0 in some or nobody in some for some in known)


def who_writes(status: os.stat_result, where: int | str | None = None) -> str:
    """Who besides me and root may write it, in words; empty for nobody.

    Args:
        where: a descriptor or a path of it, for its access list.
    """
    if os.name != "posix":
        return ""
    if status.st_mode & stat.S_IWOTH:
        return "everybody"
    if not status.st_mode & stat.S_IWGRP:
        return ""
    listed = _access_list(where)
    if listed is not None:
        return "" if _list_is_mine(listed, status.st_gid) else "others, by an access list"
    return "" if group_is_mine(status.st_gid) else f"the group {_group_name(status.st_gid)}"


@functools.cache
def group_is_mine(gid: int) -> bool:
    """Whether nobody but me and root is in a group: it bears my name, or it is root's."""
    if os.name != "posix":
        return True
    import grp
    import pwd

    try:
        mine = pwd.getpwuid(os.geteuid())
        group = grp.getgrgid(gid)
    except KeyError:
        return gid in (0, os.getegid())
    if not {*group.gr_mem} <= {mine.pw_name, "root"}:
        return False
    return gid == 0 or (gid == mine.pw_gid and group.gr_name == mine.pw_name)


def no_modes(device: int) -> str:
    """The kind of the file system where it keeps no modes; empty where it does, or nobody says."""
    if not hasattr(os, "major"):
        return ""
    wanted = f"{os.major(device)}:{os.minor(device)}"
    try:
        with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as file:
            for line in file:
                parts = line.split()
                if len(parts) > 4 and parts[2] == wanted and "-" in parts:
                    kind = parts[parts.index("-") + 1]
                    return kind if kind in _NO_MODES else ""
    except (OSError, IndexError):
        pass
    return ""


def insist(path: str, status: os.stat_result, where: int | str | None = None) -> None:
    """Refuse what is not mine, or what others may write.

    Raises:
        UnsafeError: it is another's, or others may write it.
    """
    if not trusted_owner(status):
        if not no_modes(status.st_dev):
            raise another_ones(path, status)
        return
    who = who_writes(status, where)
    if who and not no_modes(status.st_dev):
        raise open_to(path, who, status)


def another_ones(path: str, status: os.stat_result) -> UnsafeError:
    """The refusal of what belongs to somebody else."""
    quoted = shlex.quote(path)
    return UnsafeError(
        path,
        f"belongs to another user ({_user_name(status.st_uid)})",
        f"If what is in it is yours, take it over: sudo chown -R {_user_name(me())} {quoted}",
    )


def open_to(path: str, who: str, status: os.stat_result) -> UnsafeError:
    """The refusal of what others may write. A place that all share, such as /tmp, is to stay as it
    is."""
    if stat.S_ISDIR(status.st_mode) and status.st_mode & stat.S_ISVTX:
        return UnsafeError(path, f"can be written by {who}", "Name a folder of your own in it.")
    sudo = "" if status.st_uid == me() else "sudo "
    return UnsafeError(
        path,
        f"can be written by {who}",
        f"Take that right away: {sudo}chmod -R go-w {shlex.quote(path)}",
    )


def _user_name(uid: int) -> str:
    try:
        import pwd

        return pwd.getpwuid(uid).pw_name
    except (ImportError, KeyError):
        return str(uid)


def _group_name(gid: int) -> str:
    try:
        import grp

        return grp.getgrgid(gid).gr_name
    except (ImportError, KeyError):
        return str(gid)


def _access_list(where: int | str | None) -> bytes | None:
    """The access list beyond the mode, where the system has such and can say."""
    if where is None or not hasattr(os, "getxattr"):
        return None
    path = f"/proc/self/fd/{where}" if isinstance(where, int) else where
    try:
        return os.getxattr(path, _LIST)
    except OSError:
        return None


def _list_is_mine(listed: bytes, gid: int) -> bool:
    """Whether an access list lets nobody write but me, root and a group of mine."""
    entries = list(struct.iter_unpack("<HHI", listed[4 : 4 + (len(listed) - 4) // 8 * 8]))
    mask = next((rights for tag, rights, _ in entries if tag == _MASK), _WRITE)
    if not mask & _WRITE:
        return True
    for tag, rights, who in entries:
        if not rights & _WRITE:
            continue
        if tag == _USER and who not in (me(), 0):
            return False
        if tag == _GROUP and not group_is_mine(who):
            return False
        if tag == 0x04 and not group_is_mine(gid):
            return False
    return True
