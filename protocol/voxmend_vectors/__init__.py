"""Makes protocol/vectors/*.json: signed messages and worker.json documents, each with a verdict.

``make vectors`` runs it. It is no part of the package; the form of the files is a chapter of
PROTOCOL.md.
"""

from .themes import FOLDER, build, files, write

__all__ = ["FOLDER", "build", "files", "write"]
