"""Fakes as products: a clock, a scripted engine, an identity preset. Nothing here needs torch
until the identity block is used."""

from .clock import FakeClock
from .engine import FAKE, fake_engine

__all__ = ["FAKE", "IDENTITY", "FakeClock", "fake_engine"]

IDENTITY = """\
title = "Identity"
description = "The voice is the mixture: for tests."

[[block]]
name = "separate.identity"
"""
