"""A file in place is a good file; what is there is known, and kept by one at a time."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from models.depot import Bench, Depot, Handler, catalogue, plain, sha, slow, status, weights
from waiting import PATIENCE_S, until

from voxmend.models import store as store_module
from voxmend.models.catalogue import Catalogue
from voxmend.models.hashes import TAIL, Digester, digest_of
from voxmend_protocol.errors import EnvironmentProblem, ModelCorrupt, ModelMissing

DATA = weights()
OTHER = weights(seed=2)
PULL = """
import sys
from pathlib import Path
from models.depot import Bench, catalogue
made = Bench(Path(sys.argv[1]), catalogue(sys.argv[2], sha256=sys.argv[3]))
came = made.store.pull(made.catalogue.models, made.fetcher(), waiting=lambda: print("waiting"))
print("came", len(came))
"""


def tail_md5(data: bytes) -> str:
    return hashlib.md5(data[-TAIL:], usedforsecurity=False).hexdigest()


def put(bench: Bench, data: bytes) -> None:
    bench.place.parent.mkdir(parents=True, exist_ok=True)
    bench.place.write_bytes(data)


@pytest.mark.parametrize("size", [0, 1, TAIL - 1, TAIL, TAIL + 1, 2 * TAIL + 5, 3 * TAIL])
def test_a_digest_in_pieces_is_the_digest_of_the_whole(size: int) -> None:
    data = os.urandom(size)
    digester = Digester()
    for start in range(0, size, 700_001):
        digester.update(data[start : start + 700_001])
    found = digester.digest()
    assert (found.size, found.sha256, found.md5_tail) == (size, sha(data), tail_md5(data))
    assert found.head == data[:64]


@pytest.mark.parametrize(
    "proof",
    [{"sha256": sha(DATA)}, {"sha256_prefix": sha(DATA)[:8]}, {"md5_tail": tail_md5(DATA)}],
)
def test_a_file_put_there_by_hand_is_judged_by_what_is_published(
    tmp_path: Path, proof: dict[str, str]
) -> None:
    made = Bench(tmp_path, catalogue("http://127.0.0.1:9/", **proof))
    put(made, DATA)
    assert made.state() == "present"
    put(made, OTHER)
    assert made.state() == "corrupt"


def test_where_nothing_is_published_the_first_bytes_are_held_to(
    tmp_path: Path, depot: Depot
) -> None:
    made = Bench(tmp_path, catalogue(depot.give("/net", DATA)))
    made.pull()
    put(made, OTHER)
    assert made.state() == "corrupt"
    depot.give("/net", OTHER)
    with pytest.raises(ModelCorrupt, match="voxmend models remove tiny"):
        made.pull()
    made.store.remove(made.catalogue.models[0])
    made.pull()
    assert made.state() == "present"


def test_a_corrupt_file_is_replaced_by_a_pull_and_kept_until_then(
    tmp_path: Path, depot: Depot
) -> None:
    made = Bench(tmp_path, catalogue(depot.give("/net", DATA, status(404)), sha256=sha(DATA)))
    put(made, OTHER)
    with pytest.raises(EnvironmentProblem):
        made.pull()
    assert made.place.read_bytes() == OTHER
    depot.give("/net", DATA)
    made.pull()
    assert made.place.read_bytes() == DATA


def test_only_a_thorough_look_reads_a_file_again_that_seems_unchanged(
    tmp_path: Path, depot: Depot
) -> None:
    made = Bench(tmp_path, catalogue(depot.give("/net", DATA), sha256=sha(DATA)))
    made.pull()
    then = made.place.stat()
    put(made, DATA[:-1] + bytes([DATA[-1] ^ 1]))
    os.utime(made.place, ns=(then.st_atime_ns, then.st_mtime_ns))
    model = made.catalogue.models[0]
    assert made.store.state(model).state == "present"
    assert made.store.state(model, thorough=True).state == "corrupt"


def test_a_receipt_for_another_hash_than_the_catalogue_s_is_worth_nothing(
    tmp_path: Path, depot: Depot
) -> None:
    made = Bench(tmp_path, catalogue(depot.give("/net", DATA), sha256=sha(DATA)))
    made.pull()
    newer = Bench(tmp_path, catalogue(depot.url + "/net", sha256=sha(OTHER)))
    assert newer.state() == "corrupt"


@pytest.mark.parametrize("text", ["", "{", "[]", '{"net.onnx": 1}', '{"net.onnx": {"a": 1}}'])
def test_a_broken_receipt_costs_a_hash_and_no_more(tmp_path: Path, depot: Depot, text: str) -> None:
    made = Bench(tmp_path, catalogue(depot.give("/net", DATA), sha256=sha(DATA)))
    made.pull()
    made.place.with_name("receipt.json").write_text(text)
    assert made.state() == "present"


def test_a_path_is_given_only_for_a_whole_and_good_model(tmp_path: Path, depot: Depot) -> None:
    made = Bench(tmp_path, catalogue(depot.give("/net", DATA), sha256=sha(DATA)))
    model = made.catalogue.models[0]
    with pytest.raises(ModelMissing, match=r"tiny.*licence: MIT.*voxmend models pull tiny"):
        made.store.path(model)
    made.pull()
    assert made.store.path(model) == made.place.parent
    put(made, b"\x08short")
    with pytest.raises(ModelCorrupt, match="voxmend models pull tiny"):
        made.store.path(model)


def two_files(depot: Depot) -> Catalogue:
    """A model of two needed files, the first of which has a stand-in."""
    one = catalogue(depot.url + "/net", sha256=sha(DATA))
    file = one.models[0].files[0]
    files = (
        file,
        replace(file, name="other.onnx", urls=(depot.url + "/in",), instead_of="net.onnx"),
        replace(file, name="conf.onnx", urls=(depot.url + "/conf",)),
    )
    return Catalogue((replace(one.models[0], files=files),))


def test_a_stand_in_is_fetched_only_where_the_first_cannot_be_had(
    tmp_path: Path, depot: Depot
) -> None:
    for path in ("/net", "/in", "/conf"):
        depot.give(path, DATA)
    assert Bench(tmp_path / "a", two_files(depot)).pull() == ["net.onnx", "conf.onnx"]
    depot.give("/net", DATA, status(404))
    made = Bench(tmp_path / "b", two_files(depot))
    assert made.pull() == ["other.onnx", "conf.onnx"]
    assert made.state() == "present"
    put(made, OTHER)
    assert made.state() == "present", "the stand-in is good, so the model is whole"


def test_the_files_of_a_model_come_in_order_each_group_by_the_one_that_is_there(
    tmp_path: Path, depot: Depot
) -> None:
    for path in ("/net", "/in", "/conf"):
        depot.give(path, DATA)
    made = Bench(tmp_path, two_files(depot))
    (model,) = made.catalogue.models
    for ask in (made.store.files, made.store.hashes):
        with pytest.raises(ModelMissing, match="voxmend models pull tiny"):
            ask(model)
    made.pull()
    folder = made.place.parent
    assert made.store.files(model) == (folder / "net.onnx", folder / "conf.onnx")
    depot.give("/net", DATA, status(404))
    made.place.unlink()
    made.pull()
    assert made.store.files(model) == (folder / "other.onnx", folder / "conf.onnx")
    (folder / "conf.onnx").write_bytes(b"short")
    for ask in (made.store.files, made.store.hashes):
        with pytest.raises(ModelCorrupt, match=r"conf\.onnx"):
            ask(model)


def test_the_hashes_of_a_model_are_those_of_its_files_with_or_without_a_receipt(
    tmp_path: Path, depot: Depot
) -> None:
    made = Bench(tmp_path, catalogue(depot.give("/net", DATA)))
    (model,) = made.catalogue.models
    made.pull()
    assert made.store.hashes(model) == (("net.onnx", sha(DATA)),)
    made.place.with_name("receipt.json").unlink()
    with made.store.held(lambda: None):  # so that the look cannot note what it finds
        assert made.store.hashes(model) == (("net.onnx", sha(DATA)),)


def test_a_glance_reads_no_weights_and_sees_what_a_size_can_tell(
    tmp_path: Path, depot: Depot, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Bench(tmp_path, catalogue(depot.give("/net", DATA), sha256=sha(DATA)))
    (model,) = made.catalogue.models
    assert made.store.glance(model).state == "absent"
    made.pull()
    monkeypatch.setattr(store_module, "digest_of", None)
    good = made.store.glance(model)
    assert (good.state, good.proved) == ("present", True)
    put(made, DATA + b"x")
    now = made.store.glance(model)
    assert (now.state, now.files[0].fault) == (
        "corrupt", "is 300,001 bytes long and should be 300,000"
    )  # fmt: skip
    put(made, bytes([DATA[0] ^ 1]) + DATA[1:])
    os.utime(made.place, ns=(1, 1))
    now = made.store.glance(model)
    assert (now.state, now.proved) == ("present", False)
    put(made, DATA)
    made.place.with_name("receipt.json").unlink()
    made.place.with_name("net.onnx.part").write_bytes(b"1")
    now = made.store.glance(model)
    assert (now.state, now.proved) == ("present", False)
    made.place.unlink()
    assert made.store.glance(model).state == "partial"


def test_a_glance_holds_a_file_to_the_catalogue_s_size_before_that_of_an_old_receipt(
    tmp_path: Path, depot: Depot
) -> None:
    made = Bench(tmp_path, catalogue(depot.give("/net", DATA), sha256=sha(DATA)))
    made.pull()
    newer = Bench(tmp_path, catalogue(depot.url + "/net", sha256=sha(OTHER)))
    put(newer, OTHER + b"")
    assert newer.store.glance(newer.catalogue.models[0]).state == "present"
    sized = Bench(tmp_path, catalogue(depot.url + "/net", sha256=sha(OTHER), size=5))
    assert sized.store.glance(sized.catalogue.models[0]).state == "corrupt"


def test_a_model_with_one_of_two_files_is_partial(tmp_path: Path, depot: Depot) -> None:
    depot.give("/net", DATA)
    made = Bench(tmp_path, two_files(depot))
    with pytest.raises(EnvironmentProblem):
        made.pull()
    assert made.state() == "partial"
    depot.give("/conf", DATA)
    assert made.pull() == ["conf.onnx"]


def test_remove_frees_everything_and_twice_is_harmless(tmp_path: Path, depot: Depot) -> None:
    made = Bench(tmp_path, catalogue(depot.give("/net", DATA), sha256=sha(DATA)))
    made.pull()
    made.place.with_name("net.onnx.part").write_bytes(b"123")
    model = made.catalogue.models[0]
    assert made.store.remove(model) > len(DATA)
    assert made.store.remove(model) == 0
    assert made.state() == "absent"


def start(root: Path, url: str) -> subprocess.Popen[str]:
    tests = str(Path(__file__).parents[1])
    return subprocess.Popen(
        [sys.executable, "-c", PULL, str(root), url, sha(DATA)],
        stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": tests},
    )  # fmt: skip


def test_two_pulls_at_once_are_one_download(tmp_path: Path, depot: Depot) -> None:
    second_waits = threading.Event()

    def unhurried(handler: Handler, data: bytes) -> None:
        second_waits.wait(PATIENCE_S)
        slow(handler, data)

    url = depot.give("/net", DATA, unhurried)
    first = start(tmp_path, url)
    until(lambda: depot.sent)
    made = Bench(tmp_path, catalogue(url, sha256=sha(DATA)))
    came = made.store.pull(made.catalogue.models, made.fetcher(), waiting=second_waits.set)
    assert first.communicate(timeout=PATIENCE_S)[0] == "came 1\n"
    assert came == []
    assert second_waits.is_set()
    assert depot.bytes_out == len(DATA)
    assert made.state() == "present"


def test_a_pull_that_was_killed_leaves_no_bad_file_and_is_resumed(
    tmp_path: Path, depot: Depot
) -> None:
    def stuck(handler: Handler, data: bytes) -> None:
        handler.head(200, Content_Length=len(data), ETag='"one"')
        handler.body(data[:100_000])
        handler.wfile.flush()
        time.sleep(0.2)

    url = depot.give("/net", DATA, stuck)
    made = Bench(tmp_path, catalogue(url, sha256=sha(DATA)))
    part = made.place.with_name("net.onnx.part")
    process = start(tmp_path, url)
    until(lambda: part.exists() and part.stat().st_size == 100_000)
    process.kill()
    process.communicate()
    assert not made.place.exists()
    assert made.state() == "partial"
    before = depot.bytes_out
    depot.give("/net", DATA, plain)
    made.pull()
    assert digest_of(made.place).sha256 == sha(DATA)
    assert depot.bytes_out - before == len(DATA) - 100_000


def test_a_store_that_cannot_be_written_is_a_sentence(tmp_path: Path, depot: Depot) -> None:
    made = Bench(tmp_path, catalogue(depot.give("/net", DATA), sha256=sha(DATA)))
    made.store.root.write_text("in the way")
    with pytest.raises(EnvironmentProblem, match="VOXMEND_HOME"):
        made.pull()
    assert depot.sent == []
