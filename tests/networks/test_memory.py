"""Memory that runs out while a network is opened is no fault of its file."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from waiting import PATIENCE_S

from voxmend.networks.memory import out_of_memory

STARVED = """
import resource, sys
from pathlib import Path
from voxmend.networks.memory import out_of_memory
from voxmend.networks import tensors
from voxmend.blocks.separate import htdemucs
file = Path(sys.argv[1])
taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (taken + 2**26, resource.RLIM_INFINITY))
try:
    tensors.open_weights(file, "kim", ()) if file.suffix == ".ckpt" else htdemucs._from_pickle(file)
except (MemoryError, RuntimeError) as error:
    assert out_of_memory(error), error
    resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY,) * 2)
    print("known")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="memory is limited by what Linux offers")
@pytest.mark.parametrize("name", ["net.ckpt", "net.th"])
def test_weights_that_do_not_fit_are_not_called_broken(tmp_path: Path, name: str) -> None:
    torch.save({"w": torch.zeros(24_000_000)}, tmp_path / name)
    done = subprocess.run(
        [sys.executable, "-c", STARVED, str(tmp_path / name)],
        capture_output=True, text=True, timeout=PATIENCE_S,
    )  # fmt: skip
    assert done.stdout.strip() == "known", done.stderr


@pytest.mark.parametrize(
    "words",
    [
        "[enforce fail at alloc_cpu.cpp:121] data. DefaultCPUAllocator: not enough memory: you "
        "tried to allocate 53084160000 bytes.",  # Windows
        "DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes.",
        "cuFFT error: CUFFT_ALLOC_FAILED",
        "MPS backend out of memory (MPS allocated: 8 GB)",
    ],
)
def test_memory_that_ran_out_is_known_in_the_words_of_each(words: str) -> None:
    assert out_of_memory(RuntimeError(words))
    assert not out_of_memory(RuntimeError("mat1 and mat2 shapes cannot be multiplied"))
