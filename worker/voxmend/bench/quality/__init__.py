"""How near a mended voice comes to the truth, chain by chain and row by row.

``metrics`` compares two sounds, ``chains`` are the ways to mend that are compared, ``table`` says
it to people. For ``voxmend bench quality``.
"""
