"""SCNet, a "sparse compression network" (Tong, Zhu, Chen, Kang, Jiang, Li, Wu, Meng: "SCNet: Sparse
Compression Network for Music Source Separation", ICASSP 2024), full band, in a form of our own.

``form`` is what it looks like, as data; ``bands`` the layers that squeeze and stretch its three
bands, ``paths`` the recurrent ones between, ``network`` all of it, ``published`` the loading. The
names of the modules are those of the published weights.
"""
