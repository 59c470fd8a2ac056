"""Something to hear and to measure where a user has brought nothing: a song made here, whose truth
is known, and a real recording that comes inside a package. For ``voxmend demo``, for ``doctor`` and
the installer's trial, and for every measurement that needs a clip.
"""
