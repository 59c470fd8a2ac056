"""Packages of an environment, packed back into wheels.

uv installs by its user's own settings (indexes, mirrors, certificates) and keeps packages
unpacked; another tool would fetch them by other settings, and might get others. So a bundle takes
what is installed here and is known to work. Format: the Python packaging guide's "Binary
distribution format"; a RECORD that an installer wrote says which files are a package's.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import os
import zipfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from voxmend_protocol.errors import EnvironmentProblem

_INSTALLERS_OWN = {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json"}
_PYTHON = b"#!python\n"
_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest date a zip can hold: the same package is the same file."""


def installed(site_packages: Path) -> Iterator[metadata.Distribution]:
    """The packages in a folder."""
    yield from metadata.distributions(path=[str(site_packages)])


def pack(package: metadata.Distribution, site_packages: Path, folder: Path) -> Path:
    """Pack one package.

    Raises:
        EnvironmentProblem: it does not say what belongs to it.
        OSError: it cannot be read, or the folder not written.
    """
    files = package.files
    tags = [
        line.partition(":")[2].strip()
        for line in (package.read_text("WHEEL") or "").splitlines()
        if line.startswith("Tag:")
    ]
    info = next((file.parts[0] for file in files or () if file.name == "WHEEL"), "")
    if not files or not tags or not info.endswith(".dist-info"):
        raise EnvironmentProblem(
            f"{package.name} was not installed from a wheel, so it cannot be packed. Run the "
            "installer again, then: voxmend bundle DIR"
        )
    base = info.removesuffix(".dist-info")
    target = folder / f"{base}-{_joined(tags)}.whl"
    scripts = {point.name for point in package.entry_points if "scripts" in point.group}
    record: list[tuple[str, str, int | str]] = []
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for file in files:
            name = _name(file, site_packages, base, scripts)
            source = Path(os.path.abspath(site_packages / file))
            if name is None or not source.is_file():
                continue
            record.append((name, *_add(archive, name, source)))
        record.append((f"{info}/RECORD", "", ""))
        table = io.StringIO()
        csv.writer(table, lineterminator="\n").writerows(record)
        archive.writestr(zipfile.ZipInfo(f"{info}/RECORD", _EPOCH), table.getvalue())
    return target


def _name(
    file: metadata.PackagePath, site_packages: Path, base: str, scripts: set[str]
) -> str | None:
    """Where a file stands in the wheel; None if an installer makes it anew."""
    if file.suffix == ".pyc" or (
        file.name in _INSTALLERS_OWN and file.parent.name.endswith(".dist-info")
    ):
        return None
    if ".." not in file.parts and not file.is_absolute():
        return file.as_posix()
    prefix = site_packages.parents[0 if os.name == "nt" else 2]
    prefix = prefix.parent if os.name == "nt" else prefix
    place = Path(os.path.abspath(site_packages / file)).relative_to(prefix)
    if place.parts[0] in ("bin", "Scripts"):
        if place.stem in scripts or place.name in scripts:
            return None
        return f"{base}.data/scripts/{place.name}"
    return f"{base}.data/data/{place.as_posix()}"


def _add(archive: zipfile.ZipFile, name: str, source: Path) -> tuple[str, int]:
    """Put a file in; its hash and size as RECORD wants them."""
    head = b""
    digest, size = hashlib.sha256(), 0
    info = zipfile.ZipInfo(name, _EPOCH)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = (source.stat().st_mode & 0o777 | 0o100000) << 16
    with open(source, "rb") as reading, archive.open(info, "w", force_zip64=True) as writing:
        if ".data/scripts/" in name:
            head = reading.readline()
            head = _PYTHON if head.startswith(b"#!") and b"python" in head else head
        for piece in (head, *iter(lambda: reading.read(1 << 20), b"")):
            digest.update(piece)
            size += len(piece)
            writing.write(piece)
    text = base64.urlsafe_b64encode(digest.digest()).rstrip(b"=").decode()
    return f"sha256={text}", size


def _joined(tags: list[str]) -> str:
    """Tags as a file name has them: ``cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64``."""
    columns = zip(*(tag.split("-") for tag in tags), strict=True)
    return "-".join(".".join(dict.fromkeys(column)) for column in columns)
