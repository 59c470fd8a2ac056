"""A worker on another machine: the laptop has the songs, the studio's machine does the work.

On the machine that works, ``server`` listens beside the supervisor, lets in only keys that it
knows, keeps what they send (``shelf``), and gives it to its own worker as jobs (``task``). On the
laptop ``supervisor/errands`` stands where an engine would, and speaks over a ``link``. What both
say is in ``forms``; why so, in docs/decisions/0029-a-remote-worker.md. No torch here.
"""
