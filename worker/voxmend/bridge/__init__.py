"""The bridge: REAPER's mailbox of files on one side, the worker's socket on the other."""
