"""Small trees of sources, to see that what judges a tree can tell."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


def plant(root: Path, files: Mapping[str, str]) -> None:
    """Write a small tree; every folder of a module becomes a package."""
    for name, source in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        for folder in path.relative_to(root).parents:
            if len(folder.parts) > 1:
                (root / folder / "__init__.py").touch()
        path.write_text(source, "utf-8")
