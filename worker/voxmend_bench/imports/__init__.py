"""``python -m voxmend_bench.imports``: the rooms of the house by floor, and who imports whom.

``tree`` parses, ``rooms`` counts, ``drawing`` says it as text and as SVG. ``make imports`` keeps
both in docs/architecture, and a test compares.
"""
