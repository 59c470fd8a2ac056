"""voxmend's protocol: messages, signatures, discovery, and a client. Standard library only."""

from .client import Client, Link, Transport, dial_zmtp
from .discovery import WorkerFile, home, worker_file
from .errors import VoxmendError
from .messages import PROTOCOL
from .values import JobRecord

__all__ = [
    "PROTOCOL",
    "Client",
    "JobRecord",
    "Link",
    "Transport",
    "VoxmendError",
    "WorkerFile",
    "dial_zmtp",
    "home",
    "worker_file",
]
