"""Every way voxmend can fail, as one tree. Each class carries the protocol's code, whether the
same call may succeed later, and is built with one sentence the user can act on.

    VoxmendError
    ├── BadRequest            bad_request
    │   ├── UnsupportedVersion    unsupported_version
    │   ├── UnknownType           unknown_type
    │   ├── UnknownJob            unknown_job
    │   ├── UnknownPreset         unknown_preset
    │   └── JobConflict           job_conflict
    ├── InputError
    │   ├── InputMissing          input_missing
    │   ├── InputChanged          input_changed
    │   ├── InputUnreadable       input_unreadable
    │   └── UnsupportedAudio      unsupported_audio
    ├── OutputError
    │   ├── OutputUnwritable      output_unwritable
    │   └── DiskFull              disk_full
    ├── EnvironmentProblem    environment
    │   ├── ModelMissing          model_missing
    │   ├── ModelCorrupt          model_corrupt
    │   ├── LicenceNotAccepted    licence_not_accepted
    │   ├── RemoteRefused         remote_refused
    │   ├── RemoteDiffers         remote_differs
    │   └── TooManyFiles          too_many_files
    ├── WorkerError
    │   ├── WorkerUnreachable     worker_unreachable
    │   ├── RemoteUnreachable     remote_unreachable
    │   ├── QueueFull             queue_full
    │   ├── ShuttingDown          shutting_down
    │   ├── EngineCrashed         engine_crashed
    │   └── EngineBroken          engine_broken
    ├── OutOfMemory           out_of_memory
    ├── Cancelled             cancelled
    ├── MalformedMessage      malformed       (never sent: such frames get no answer)
    └── InternalError         internal

A code travels, a class does not: ``from_code`` gives the class back on the other side.
"""

from __future__ import annotations

from typing import ClassVar, Dict, Optional, Type


class VoxmendError(Exception):
    """Anything voxmend tells a user went wrong.

    Attributes:
        code: the protocol's word for it, never translated, never changed.
        retryable: whether the same call may succeed later without the user mending anything.
        message: one sentence with the next step.
        job: the id of the job that it is of, where who raised it knew one.
    """

    code: ClassVar[str] = "internal"
    retryable: ClassVar[bool] = False
    job: Optional[str] = None

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    def __reduce__(self) -> "tuple[type[VoxmendError], tuple[str], dict[str, Optional[str]]]":
        return (type(self), (self.message,), {"job": self.job})


class BadRequest(VoxmendError):
    """The request itself cannot be carried out."""

    code = "bad_request"


class UnsupportedVersion(BadRequest):
    """Client and worker share no version of the protocol."""

    code = "unsupported_version"


class UnknownType(BadRequest):
    """This worker knows no message of that type."""

    code = "unknown_type"


class UnknownJob(BadRequest):
    """No job has that id."""

    code = "unknown_job"


class UnknownPreset(BadRequest):
    """No preset has that name."""

    code = "unknown_preset"


class JobConflict(BadRequest):
    """The job id exists with another payload, or its state forbids what was asked."""

    code = "job_conflict"


class InputError(VoxmendError):
    """The source cannot be used."""

    code = "input_unreadable"


class InputMissing(InputError):
    """There is no such file."""

    code = "input_missing"


class InputChanged(InputError):
    """The file is not what it was when the job was submitted."""

    code = "input_changed"


class InputUnreadable(InputError):
    """The file is there and cannot be read as audio."""

    code = "input_unreadable"


class UnsupportedAudio(InputError):
    """It is audio, but of a kind voxmend does not mend."""

    code = "unsupported_audio"


class OutputError(VoxmendError):
    """The stems cannot be put where they were asked for."""

    code = "output_unwritable"


class OutputUnwritable(OutputError):
    """The output folder cannot be made or written."""

    code = "output_unwritable"


class DiskFull(OutputError):
    """There is no room for the stems."""

    code = "disk_full"
    retryable = True


class EnvironmentProblem(VoxmendError):
    """Something on this machine is missing or broken: ``voxmend doctor`` names it."""

    code = "environment"


class ModelMissing(EnvironmentProblem):
    """A preset needs weights that are not on this machine."""

    code = "model_missing"


class ModelCorrupt(EnvironmentProblem):
    """Weights are on this machine and are not what they should be."""

    code = "model_corrupt"


class LicenceNotAccepted(EnvironmentProblem):
    """Weights may be fetched only by who accepts their licence; the sentence shows it."""

    code = "licence_not_accepted"


class RemoteRefused(EnvironmentProblem):
    """The remote worker does not know this machine's key, or does not allow what it asks."""

    code = "remote_refused"


class RemoteDiffers(EnvironmentProblem):
    """The remote worker is of another version, or has other weights: it would give other stems."""

    code = "remote_differs"


class TooManyFiles(EnvironmentProblem):
    """The process has as many files and connections open as the system allows it: no fault of the
    file that was to be opened."""

    code = "too_many_files"
    retryable = True


class WorkerError(VoxmendError):
    """The worker cannot take or finish this now."""

    code = "worker_unreachable"
    retryable = True


class WorkerUnreachable(WorkerError):
    """No worker answers."""

    code = "worker_unreachable"


class RemoteUnreachable(WorkerError):
    """The remote worker has not answered for as long as one waits for it."""

    code = "remote_unreachable"


class QueueFull(WorkerError):
    """The queue holds as many jobs as it may."""

    code = "queue_full"


class ShuttingDown(WorkerError):
    """The worker is on its way out and takes no new jobs."""

    code = "shutting_down"


class EngineCrashed(WorkerError):
    """The engine died on this job as often as it may."""

    code = "engine_crashed"
    retryable = False


class EngineBroken(WorkerError):
    """The engine dies again and again; the supervisor has stopped starting it."""

    code = "engine_broken"
    retryable = False


class OutOfMemory(VoxmendError):
    """Every rung of the memory ladder was tried."""

    code = "out_of_memory"
    retryable = True


class Cancelled(VoxmendError):
    """The user cancelled the job."""

    code = "cancelled"


class MalformedMessage(VoxmendError):
    """Bytes that are not a message of this protocol, or not signed with its key."""

    code = "malformed"


class InternalError(VoxmendError):
    """A defect in voxmend: the log has the details."""

    code = "internal"


def _tree(cls: Type[VoxmendError]) -> "list[Type[VoxmendError]]":
    return [cls] + [leaf for child in cls.__subclasses__() for leaf in _tree(child)]


# The most derived class wins a code that an inner node shares with one of its leaves.
BY_CODE: Dict[str, Type[VoxmendError]] = {cls.code: cls for cls in _tree(VoxmendError)}
BY_CODE["internal"] = InternalError

CODES = tuple(sorted(BY_CODE))


def from_code(code: str, message: str) -> VoxmendError:
    """The exception for a code that came over the wire; an unknown code stays an error."""
    cls = BY_CODE.get(code)
    return cls(message) if cls else InternalError(f"{message} ({code})")
