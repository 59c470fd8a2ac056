"""What ReaPack's tools would refuse."""

from __future__ import annotations


class RuleError(Exception):
    """One rule that is broken, in a sentence that names the place."""
