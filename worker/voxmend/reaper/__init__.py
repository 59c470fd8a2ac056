"""REAPER's side of voxmend: its scripts put in place, its actions made known, its menu extended."""
