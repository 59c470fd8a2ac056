"""What networks that take a voice apart are worth: lead and backing vocals, dry voice and reverb.

Both measures need the two true parts. They are proved on answers that are known (the truth, the
whole voice, one that takes too much), so that whoever has the weights gets figures to rely on.
"""
