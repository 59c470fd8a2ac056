"""voxmend from Python: a file or samples in, stems out, on the same worker as all other clients.

Always holds: nothing here loads torch, everything is synchronous and may be called from several
threads at once, and what cannot be done is a ``VoxmendError`` with a code and, where one was made,
the id of the job. ``client.py`` has the way to the worker, ``batch.py`` the way of jobs.
"""

from voxmend_protocol import VoxmendError

from .calls import diagnose, restore, restore_many
from .client import Client
from .finding import Diagnosis
from .job import Job
from .progress import Progress
from .result import Result

__all__ = [
    "Client",
    "Diagnosis",
    "Job",
    "Progress",
    "Result",
    "VoxmendError",
    "diagnose",
    "restore",
    "restore_many",
]
