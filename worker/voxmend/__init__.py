"""voxmend mends vocals: it separates the voice from a mix and repairs what separation broke."""

import os

# From 1.29 on, onnxruntime tells its maker which networks are loaded, and keeps a number for this
# machine in the user's cache, unless it is told not to before it is imported.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

__version__ = "0.1.0"
