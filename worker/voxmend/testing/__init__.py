"""Fakes as products: a clock, a scripted engine, presets without weights. Nothing here needs torch
until the identity block is used."""

from .clock import FakeClock
from .engine import FAKE, fake_engine

__all__ = ["FAKE", "IDENTITY", "MENDING", "FakeClock", "fake_engine"]

IDENTITY = """\
title = "Identity"
description = "The voice is the mixture: for tests."

[[block]]
name = "separate.identity"
"""

MENDING = """\
title = "Mending"
description = "Half of the mixture, mended by blocks that need no weights: for tests."

[[block]]
name = "separate.identity"
share = 0.5

[[block]]
name = "denoise.gate"
strength = 0.5

[[block]]
name = "phase.mixture"
strength = 0.0

[[block]]
name = "bandwidth.mirror"
strength = 1.0
"""
