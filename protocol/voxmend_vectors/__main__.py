"""Write protocol/vectors: ``python -m voxmend_vectors``."""

from . import write

write()
