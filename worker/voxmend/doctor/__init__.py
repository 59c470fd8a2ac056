"""What is well on this machine, what is not, why it matters, and the command that mends it."""

from .checks import examine, healthy
from .finding import Finding

__all__ = ["Finding", "examine", "healthy"]
