"""What voxmend is made of, as a CycloneDX list for programs that look for known holes.

``python -m voxmend_bench.sbom FILE``, or ``make audit``: the Python packages are what uv's lock
says; to them come the libraries written in C that lie inside of them, by the version that runs
here, and the weights, by what their publishers prove them with. Format: CycloneDX 1.5, JSON.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from voxmend.doctor import libraries
from voxmend.models import catalogue
from voxmend.models.model import File

ROOT = Path(__file__).resolve().parents[2]


def native() -> list[dict[str, Any]]:
    """The libraries that packages carry inside, of which no package list tells."""
    return [
        {
            "type": "library",
            "bom-ref": f"native-{library.name}",
            "name": library.name,
            "version": library.version,
            "description": f"runs here, from {library.carrier}",
        }
        for library in libraries.native()
    ]


def weights(rows: catalogue.Catalogue) -> list[dict[str, Any]]:
    """The networks that voxmend can load, each with its files and what proves them."""
    return [
        {
            "type": "machine-learning-model",
            "bom-ref": f"model-{model.id}",
            "name": model.id,
            "description": f"{model.title}. {model.terms}",
            "licenses": [{"license": {"name": model.licence}}],
            "components": [_file(model.id, file) for file in model.files],
        }
        for model in rows.models
        if model.files
    ]


def _file(model: str, file: File) -> dict[str, Any]:
    part: dict[str, Any] = {
        "type": "file",
        "bom-ref": f"model-{model}/{file.name}",
        "name": file.name,
        "properties": [{"name": "voxmend:proof", "value": file.proof}],
    }
    if file.sha256:
        part["hashes"] = [{"alg": "SHA-256", "content": file.sha256}]
    return part


def completed(packages: dict[str, Any]) -> dict[str, Any]:
    """uv's list with the rest added."""
    return {
        **packages,
        "components": [*packages["components"], *native(), *weights(catalogue.load())],
    }


def main(file: Path, uv: str = "uv") -> None:
    """Write the list.

    Raises:
        OSError: the file cannot be written.
        subprocess.CalledProcessError: uv cannot read its lock; it has said why.
    """
    said = subprocess.run(
        [uv, "export", "--quiet", "--project", str(ROOT), "--frozen", "--extra", "worker",
         "--no-default-groups", "--format", "cyclonedx1.5",
         "--preview-features", "sbom-export"],
        stdout=subprocess.PIPE, check=True,
    )  # fmt: skip
    file.parent.mkdir(parents=True, exist_ok=True)
    whole = completed(json.loads(said.stdout))
    file.write_text(json.dumps(whole, indent=1, ensure_ascii=False) + "\n", "utf-8")
    print(f"{file}: {len(whole['components'])} components")


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:3])
