"""What an installation takes is told by what it chose: the build of torch for the CPU where it can
be had, and the size of each package. uv is the real one, its indexes are stubs on loopback."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from installation.torch_index import Index, Proxy, default_index, served, wheel

from voxmend.installation import bundle, environment, machine, size, uv
from voxmend_protocol.errors import EnvironmentProblem

CARD = ("nvidia-cublas", "cuda-toolkit")


def lock(folder: Path, *packages: str) -> Path:
    file = folder / "pylock.toml"
    file.write_text('lock-version = "1.0"\n' + "".join(packages))
    return file


def package(name: str, *sizes: int | None) -> str:
    wheels = ", ".join(
        "{ url = 'x'" + (f", size = {one} }}" if one is not None else " }") for one in sizes
    )
    return f'[[packages]]\nname = "{name}"\nwheels = [{wheels}]\n'


def test_the_size_is_the_sum_of_what_was_chosen(tmp_path: Path) -> None:
    found = size.read(lock(tmp_path, package("a", 10**9), package("b", 5 * 10**8)), "cpu")
    assert found is not None
    assert found.known
    assert found.words == "about 1.5 GB to fetch, 2.9 GB on disk"


def test_a_package_without_a_size_is_reckoned_by_experience(tmp_path: Path) -> None:
    for device, least in (("cpu", 0.1e9), ("cuda", 0.8e9), ("rocm", 4e9)):
        found = size.read(lock(tmp_path, package("torch", None), package("a", 10)), device)
        assert found is not None
        assert not found.known
        assert least < found.fetched < 1.5 * least + 1e9


@pytest.mark.parametrize("text", ["", "x", "packages = 5", "[[packages]]\nwheels = 1"])
def test_a_list_that_cannot_be_read_gives_no_size(text: str, tmp_path: Path) -> None:
    (tmp_path / "pylock.toml").write_text(text)
    assert size.read(tmp_path / "pylock.toml", "cpu") is None
    assert size.read(tmp_path / "none", "cpu") is None


@dataclass
class Shop:
    """Both indexes, and a project that wants torch."""

    folder: Path
    uv: uv.Uv
    proxy: Proxy
    told: list[str] = field(default_factory=list)

    def resolve(self) -> tuple[machine.Choice, str]:
        """What is chosen for a machine without a card, and the requirements."""
        choice = machine.choose(machine.Sighting("linux", "x86_64"))
        out = self.folder / "environment"
        out.mkdir()
        made = environment.resolve(self.uv, choice, out, self.told.append)
        return made, (out / environment.REQUIREMENTS).read_text()


@pytest.fixture
def shop(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Shop]:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    try:
        tool = bundle.find_uv()
    except EnvironmentProblem:
        pytest.skip("there is no uv")
    reachable, default = request.param
    plain, own, project = (tmp_path / name for name in ("plain", "own", "project"))
    for folder in (plain, own, project):
        folder.mkdir()
    needs = CARD if default == "for cards" else ()
    files = [wheel(plain, name.replace("-", "_"), "1.0", size=300_000) for name in CARD]
    files.append(wheel(plain, "torch", "9.0", needs, 500_000))
    proxy = Proxy(Index([wheel(own, "torch", "9.0+cpu", (), 90_000)], False), tmp_path)
    proxy.prepare()
    if not reachable:
        proxy.index = None
    (project / "pyproject.toml").write_text(
        '[project]\nname = "voxmend"\nversion = "1"\nrequires-python = ">=3.11"\n'
        "dependencies = []\n"
        'optional-dependencies.worker = ["torch"]\n'
    )
    with ExitStack() as stack:
        index = stack.enter_context(default_index(Index(files)))
        way = stack.enter_context(served(proxy.handler()))
        env = {
            "PATH": os.environ["PATH"], "HOME": str(tmp_path), "UV_CACHE_DIR": str(tmp_path / "c"),
            "UV_DEFAULT_INDEX": f"{index}/simple", "HTTPS_PROXY": way, "NO_PROXY": "127.0.0.1",
            "SSL_CERT_FILE": str(proxy.authority), "UV_HTTP_RETRIES": "0",
        }  # fmt: skip
        yield Shop(tmp_path, uv.Uv(tool, project, env), proxy)


@pytest.mark.parametrize("shop", [(True, "for cards")], indirect=True)
def test_without_a_card_torch_is_the_build_for_the_cpu_where_it_can_be_reached(shop: Shop) -> None:
    choice, chosen = shop.resolve()
    assert shop.proxy.asked
    assert "torch==9.0+cpu" in chosen
    assert not any(name in chosen for name in CARD)
    assert choice.backend == "cpu"
    assert choice.needed_gb < 1
    assert any("GB to fetch" in line for line in shop.told)


@pytest.mark.parametrize("shop", [(False, "for cards")], indirect=True)
def test_where_it_cannot_be_reached_the_larger_one_is_taken_and_its_own_size_told(
    shop: Shop,
) -> None:
    choice, chosen = shop.resolve()
    assert "torch==9.0\n" in chosen
    assert all(name in chosen for name in CARD)
    assert choice.backend == ""
    assert 0 < choice.needed_gb < 0.01  # the stub's own, not a figure that was guessed
    assert any("is larger" in line for line in shop.told)


@pytest.mark.parametrize("shop", [(False, "for the CPU")], indirect=True)
def test_a_default_index_that_has_the_build_for_the_cpu_is_not_called_larger(shop: Shop) -> None:
    _, chosen = shop.resolve()
    assert not any(name in chosen for name in CARD)
    assert any("It is one for the CPU" in line for line in shop.told)
    assert not any("larger" in line for line in shop.told)
