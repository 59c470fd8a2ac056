"""What one reads off a sound: spectra, curves, bands, polarity, where somebody sings, where a band
was cut off. The floor under ``blocks`` and ``diagnosis``, which do not know each other.

Tensors in, tensors out, on whatever device they are; nothing here knows a file, a block or a model.
"""
