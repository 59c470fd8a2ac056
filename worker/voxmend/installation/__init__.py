"""Puts voxmend on a machine for one user, brings it up to date, packs it, takes it off again.

``installers/install.sh`` and ``install.ps1`` bring uv and a Python, then run ``python -m
voxmend.installation``: so everything in here runs before anything is installed, and
imports the standard library and ``voxmend_protocol`` only. ``voxmend uninstall`` and ``voxmend
bundle`` call it later, from what was installed.
"""
