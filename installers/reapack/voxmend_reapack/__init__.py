"""The ReaPack release of the REAPER scripts. Needed by who publishes it, never at run time."""
