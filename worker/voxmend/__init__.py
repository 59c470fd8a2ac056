"""voxmend mends vocals: it separates the voice from a mix and repairs what separation broke."""

__version__ = "0.1.0"
