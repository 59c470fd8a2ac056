"""Whether a folder lies on a share, by what systems print."""

from __future__ import annotations

import pytest

from voxmend.watch import mounts

LINUX = r"""
22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/root rw
41 22 0:36 / /mnt/nas rw,relatime shared:20 - cifs //nas/audio rw,vers=3.1.1
42 22 0:37 / /mnt/with\040space rw - nfs4 box:/export rw
43 22 0:38 / /home/ann/remote rw - fuse.sshfs ann@host: rw
44 22 8:17 / /mnt/nas/local rw - ext4 /dev/sdb1 rw
45 22 0:39 / /mnt/over rw - nfs box:/x rw
46 22 8:18 / /mnt/over rw - xfs /dev/sdc1 rw
"""
MAC = """
/dev/disk3s1s1 on / (apfs, sealed, local, read-only, journaled)
//ann@nas._smb._tcp.local/audio on /Volumes/audio (smbfs, nodev, nosuid, mounted by ann)
/dev/disk4s1 on /Volumes/Stick (msdos, local, nodev)
"""


@pytest.mark.parametrize(
    ("path", "remote"),
    [
        ("/home/ann/Mend", False),
        ("/mnt/nas", True),
        ("/mnt/nas/Mend", True),
        ("/mnt/nasty", False),
        ("/mnt/nas/local/Mend", False),
        ("/mnt/with space/Mend", True),
        ("/home/ann/remote/x", True),
        ("/mnt/over/x", False),
    ],
)
def test_linux_lists_its_mounts(path: str, remote: bool) -> None:
    assert mounts.remote_by(mounts._linux(LINUX), path) is remote


@pytest.mark.parametrize(
    ("path", "remote"),
    [("/Users/ann/Mend", False), ("/Volumes/audio/Mend", True), ("/Volumes/Stick/Mend", False)],
)
def test_macos_prints_them(path: str, remote: bool) -> None:
    assert mounts.remote_by(mounts._mac(MAC), path) is remote


def test_where_nothing_is_known_a_folder_is_local() -> None:
    assert not mounts.remote_by({}, "/home/ann")
    assert not mounts.is_remote("/")
