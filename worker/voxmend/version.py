"""The version of voxmend, as pyproject.toml has it. Rooms read it here; users from ``voxmend``."""

__version__ = "0.1.0"
