"""What ``voxmend bench speed``, ``quality`` and ``songs`` need, on a user's machine too.

What only developers need is ``voxmend_bench``, beside this package and in no wheel.
"""
