"""The bench of voxmend's developers: it lies beside the product and in no wheel.

``upstream`` and what it calls time the programs that voxmend stands in for; ``fit`` fits the
detectors; ``pictures`` draws what the pages show; ``networks`` are those measured alone only. It
imports voxmend; voxmend never imports it (``tests/architecture``), and asks for ``upstream`` by
name, where a checkout has it (``voxmend.bench.rival``).
"""
