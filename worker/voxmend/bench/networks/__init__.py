"""Networks of the published shapes with random weights: for parity and speed, never for quality.

Here are those that ``bench speed`` runs; those measured alone only are in ``voxmend_bench``.
"""
