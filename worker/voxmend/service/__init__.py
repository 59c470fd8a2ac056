"""The worker, or the watch folder, started at log-in, per user: by each system's own way.

Nobody needs it: every client starts the worker when it is wanted, and that stays the default. It
is for those who do not want to wait for the first job, or who watch folders all day.
"""
