"""A batch on a Ray cluster: warm engines on many machines, for archives of thousands of songs.

    command ──pipe── driver (a child) ──Ray── engines, one per card or per few cores

``host`` is the command's side of the pipe and imports no Ray: a cluster that goes away takes the
driver with it, never the command. ``dispatch`` and ``seats`` decide and are pure; ``driver``
carries out; ``engine`` is what runs on a node; ``outputs`` and ``bucket`` are where stems go.
Ray is an extra (``voxmend[ray]``); nothing else of voxmend needs it.
"""
