"""Many files as one piece of work: what a list of arguments names, what of it is done, what may be
submitted next, how long it will take, and what became of it.

The command line, the Python functions and work on a cluster share this. What decides is pure:
``queue``, ``forecast``, ``summary`` and ``sheet`` know no clock, worker or disk. ``listing`` and
``done`` read the disk and change nothing; ``drive`` alone talks to a worker.
"""
