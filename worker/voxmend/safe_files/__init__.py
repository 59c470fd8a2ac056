"""Opens, makes and replaces files in folders that others may write.

Whoever may write the state folder, the mailbox, the settings, the models or a watch folder could
lay a link, a pipe or a file of his own where voxmend writes or reads. So every such file is opened
here: a link is followed only where it is mine or root's and lies in a folder that only I (or root)
can write; regular files only, never waiting; a bound on what is read; new files under names that
nobody can guess, put in their place by a rename within one folder.

Three degrees of trust, named by who could have made the file:

- ``named``: the user named it; links are followed wherever they lead.
- ``shared``: others may write the folder; whose file it is does not matter, links do.
- ``mine``: it must be mine or root's, and nobody else may write it.

Standard library only. What is refused is an ``UnsafeError``, an ``OSError`` whose words are the end
of a sentence and the next step. Windows has no owners and modes that Python can judge: there the
profile's own rights protect it, and only the kind of file and its size are looked at.
"""

from .files import (
    Trust,
    append,
    create,
    opened,
    put_beside,
    put_new,
    read,
    read_text,
    remove,
    rename,
    resolved,
    start_anew,
    status,
    update,
)
from .folders import (
    empty_folder,
    make_folder,
    make_folders,
    remove_empty,
    remove_folder,
    rename_folder,
)
from .rights import UnsafeError, no_modes, trusted_owner, who_writes
from .tree import faults, insist_mine, keep_private, look, take

__all__ = [
    "Trust",
    "UnsafeError",
    "append",
    "create",
    "empty_folder",
    "faults",
    "insist_mine",
    "keep_private",
    "look",
    "make_folder",
    "make_folders",
    "no_modes",
    "opened",
    "put_beside",
    "put_new",
    "read",
    "read_text",
    "remove",
    "remove_empty",
    "remove_folder",
    "rename",
    "rename_folder",
    "resolved",
    "start_anew",
    "status",
    "take",
    "trusted_owner",
    "update",
    "who_writes",
]
