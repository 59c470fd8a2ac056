"""Make what a ReaPack repository serves: ``python installers/reapack --base URL --out FOLDER``."""

import sys

from voxmend_reapack.release import main

sys.exit(main())
