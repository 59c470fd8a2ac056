"""Jobs that another machine does: what stands on a seat in an engine's place. What both machines
say to each other, and the other machine's side, are in ``remote``."""
