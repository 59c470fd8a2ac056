"""``python -m voxmend.installation``: what the installers' scripts run."""

from .command import main

if __name__ == "__main__":
    main()
