"""Damaged voices with known truth, made from any dry voice and any backing; seeded.

``material`` brings both to one rate and makes the mixture, ``forms`` gives the voice a room, a
double, a choir or a quiet verse and the backing its hats, ``kinds`` breaks what a separator
breaks, ``rows`` is the list that the bench and the fit of the detectors go through. For
``voxmend bench quality`` and the tests.
"""
