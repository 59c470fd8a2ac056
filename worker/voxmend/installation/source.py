"""Where voxmend is installed from: a checkout, or a folder made by ``voxmend bundle``."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from pathlib import Path

from voxmend_protocol.errors import BadRequest, EnvironmentProblem

BUNDLE = "bundle.json"
SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Bundle:
    """What a prepared folder says of itself.

    Attributes:
        system, architecture: the machine it is for.
        device: what it was made for.
        python: the one its packages are for, such as 3.12.
    """

    folder: Path
    version: str
    system: str
    architecture: str
    device: str
    python: str

    @property
    def wheels(self) -> Path:
        """The packages."""
        return self.folder / "wheels"

    @property
    def requirements(self) -> Path:
        """Their versions."""
        return self.folder / "requirements.txt"

    @property
    def models(self) -> Path:
        """Weights; may be absent."""
        return self.folder / "models"

    @property
    def unpacked_gb(self) -> float:
        """Room that the packages take, in uv's cache and linked from there: twice what they are
        packed, by experience, and some for the work."""
        return 1.0 + 2.2 * sum(file.stat().st_size for file in self.wheels.iterdir()) / 1e9

    @property
    def wheel(self) -> Path:
        """voxmend itself.

        Raises:
            EnvironmentProblem: it is not in the folder.
        """
        for file in sorted(self.wheels.glob("voxmend-*.whl")):
            return file
        raise EnvironmentProblem(f"{self.wheels} has no voxmend in it. {_ANEW}")

    def refuse_elsewhere(self, system: str, architecture: str) -> None:
        """Make sure that it is for this machine.

        Raises:
            EnvironmentProblem: it is not.
        """
        if (self.system, self.architecture) != (system, architecture):
            raise EnvironmentProblem(
                f"{self.folder} was made on {self.system} {self.architecture}, and this is "
                f"{system} {architecture}. {_ANEW}, on a machine like this one."
            )


_ANEW = "Make the folder anew: voxmend bundle FOLDER"


def read_bundle(folder: Path) -> Bundle:
    """A prepared folder.

    Raises:
        BadRequest: it is none.
        EnvironmentProblem: it is broken, or of another version's making.
    """
    file = folder / BUNDLE
    try:
        facts = json.loads(file.read_bytes())
        if facts["schema"] != SCHEMA:
            raise EnvironmentProblem(f"{folder} was made by another voxmend. {_ANEW}")
        return Bundle(
            folder.absolute(), facts["version"], facts["system"], facts["architecture"],
            facts["device"], facts["python"],
        )  # fmt: skip
    except FileNotFoundError:
        raise BadRequest(
            f"--offline {folder}: that is no folder made by voxmend bundle. On a machine with a "
            "network: voxmend bundle FOLDER"
        ) from None
    except (OSError, ValueError, TypeError, KeyError):
        raise EnvironmentProblem(f"{file} cannot be read. {_ANEW}") from None


def version(checkout: Path) -> str:
    """The version of a checkout.

    Raises:
        EnvironmentProblem: it is none.
    """
    try:
        told = tomllib.loads((checkout / "pyproject.toml").read_text("utf-8"))
        return str(told["project"]["version"])
    except (OSError, ValueError, KeyError, TypeError):
        raise EnvironmentProblem(
            f"{checkout} is no checkout of voxmend. Fetch voxmend anew."
        ) from None
