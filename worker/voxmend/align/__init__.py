"""A voice that was taken out of a song elsewhere, found in the song and brought into place.

``find`` says where it lies, at what speed and how loud; ``settle`` makes of it the voice that the
song holds. Called by the engine, before the first block. No file, no queue here: sound in, sound
out.
"""
