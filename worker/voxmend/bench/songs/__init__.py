"""``voxmend bench songs``: presets on songs whose true voice is known."""
