"""Whatever a server does, no bad file comes into place, and no byte comes twice for nothing."""

from __future__ import annotations

import contextlib
import errno
import http.server
import io
import threading
import urllib.request
from email.message import Message
from pathlib import Path
from typing import Any

import pytest
from models.depot import (
    SILENT_S,
    Bench,
    Depot,
    Manner,
    another_piece,
    catalogue,
    cut,
    moved,
    plain,
    says_length,
    sha,
    silent,
    slow,
    status,
    web_page,
    weights,
    without_length,
    without_range,
)

from voxmend.models import fetch
from voxmend.models.transfer import RESERVE, OnlyHttp, RefusedError, writing
from voxmend_protocol.errors import DiskFull, EnvironmentProblem, ModelCorrupt, VoxmendError

DATA = weights()
OTHER = weights(seed=2)
KNOWN: dict[str, Any] = {"sha256": sha(DATA), "size": len(DATA)}


def bench(tmp_path: Path, *urls: str, **proof: object) -> Bench:
    return Bench(tmp_path, catalogue(*urls, **(proof or KNOWN)))


def whole(bench: Bench) -> bool:
    """In place, right, and nothing unfinished beside it."""
    left = {path.name for path in bench.place.parent.iterdir()}
    return bench.place.read_bytes() == DATA and left == {bench.place.name, "receipt.json"}


def test_a_file_is_fetched_proved_and_put_in_place(tmp_path: Path, depot: Depot) -> None:
    made = bench(tmp_path, depot.give("/net", DATA))
    assert made.state() == "absent"
    assert made.pull() == ["net.onnx"]
    assert whole(made)
    assert made.state() == "present"
    assert made.pull() == []
    assert len(depot.sent) == 1
    assert depot.sent[0].headers["User-Agent"].startswith("voxmend/")


def test_a_cut_is_resumed_and_only_the_rest_is_sent(tmp_path: Path, depot: Depot) -> None:
    made = bench(tmp_path, depot.give("/net", DATA, cut(100_000), plain))
    made.pull()
    assert whole(made)
    assert depot.sent[1].headers["Range"] == "bytes=100000-"
    assert depot.sent[1].headers["If-Range"] == '"one"'
    assert depot.bytes_out == len(DATA)


@pytest.mark.parametrize("proof", [{}, {"sha256": sha(DATA)}])
def test_what_came_is_kept_for_the_next_pull(
    tmp_path: Path, depot: Depot, proof: dict[str, Any]
) -> None:
    url = depot.give("/net", DATA, cut(100_000), status(503))
    made = Bench(tmp_path, catalogue(url, **proof))
    with pytest.raises(EnvironmentProblem, match="answers 503"):
        made.pull()
    assert made.state() == "partial"
    assert not made.place.exists()
    assert made.waits == [1.0, 2.0, 4.0]
    depot.give("/net", DATA)
    before = depot.bytes_out
    made.pull()
    assert whole(made)
    assert depot.bytes_out - before == len(DATA) - 100_000


def test_a_server_that_cuts_again_and_again_is_followed_while_it_brings_something(
    tmp_path: Path, depot: Depot
) -> None:
    def a_tenth(handler: object, data: bytes) -> None:
        start = int(handler.headers.get("Range", "bytes=0-")[6:-1])  # type: ignore[attr-defined]
        span = f"bytes {start}-{len(data) - 1}/{len(data)}"
        handler.head(  # type: ignore[attr-defined]
            206 if start else 200, Content_Length=len(data) - start, ETag='"one"',
            **({"Content_Range": span} if start else {}),
        )  # fmt: skip
        handler.body(data[start : start + len(data) // 10])  # type: ignore[attr-defined]

    made = bench(tmp_path, depot.give("/net", DATA, a_tenth))
    made.pull()
    assert whole(made)
    assert depot.bytes_out == len(DATA)


def test_a_file_that_changed_between_tries_is_fetched_anew(tmp_path: Path, depot: Depot) -> None:
    """Nothing is published of it: the ETag alone keeps the halves of two files apart."""

    def renewed(handler: object, data: bytes) -> None:
        depot.tags["/net"], depot.files["/net"] = '"two"', OTHER
        plain(handler, OTHER)  # type: ignore[arg-type]

    made = Bench(tmp_path, catalogue(depot.give("/net", DATA, cut(100_000), renewed)))
    made.pull()
    assert made.place.read_bytes() == OTHER


def test_a_changed_file_behind_a_server_that_ignores_if_range_is_fetched_anew(
    tmp_path: Path, depot: Depot
) -> None:
    def careless(handler: object, data: bytes) -> None:
        depot.tags["/net"], depot.files["/net"] = '"two"', OTHER
        span = f"bytes 100000-{len(OTHER) - 1}/{len(OTHER)}"
        handler.head(  # type: ignore[attr-defined]
            206, Content_Range=span, Content_Length=len(OTHER) - 100_000, ETag='"two"'
        )
        handler.body(OTHER[100_000:])  # type: ignore[attr-defined]

    made = Bench(tmp_path, catalogue(depot.give("/net", DATA, cut(100_000), careless, plain)))
    made.pull()
    assert made.place.read_bytes() == OTHER


def test_a_file_that_became_shorter_than_what_is_here_is_fetched_anew(
    tmp_path: Path, depot: Depot
) -> None:
    shorter = status(416, Content_Range="bytes */50000")
    made = Bench(tmp_path, catalogue(depot.give("/net", DATA, cut(100_000), shorter, plain)))
    made.pull()
    assert whole(made)


@pytest.mark.parametrize("then", [without_range, another_piece])
def test_a_server_that_cannot_resume_gives_the_whole_again(
    tmp_path: Path, depot: Depot, then: Manner
) -> None:
    made = bench(tmp_path, depot.give("/net", DATA, cut(100_000), then, plain))
    made.pull()
    assert whole(made)


def test_without_a_version_or_a_hash_nothing_is_pieced_together(
    tmp_path: Path, depot: Depot
) -> None:
    url = depot.give("/net", DATA, cut(100_000), plain, tag="W/weak")
    made = Bench(tmp_path, catalogue(url))
    made.pull()
    assert whole(made)
    assert "Range" not in depot.sent[1].headers


@pytest.mark.parametrize("length", [len(DATA) - 1000, len(DATA) + 1000])
def test_a_lie_about_the_length_brings_nothing_into_place(
    tmp_path: Path, depot: Depot, length: int
) -> None:
    for proof in (KNOWN, {"sha256": sha(DATA)}):
        made = bench(tmp_path, depot.give("/net", DATA, says_length(length)), **proof)
        with pytest.raises(EnvironmentProblem):
            made.pull()
        assert not made.place.exists()


def test_wrong_bytes_are_thrown_away_and_the_next_address_is_asked(
    tmp_path: Path, depot: Depot
) -> None:
    made = bench(tmp_path, depot.give("/bad", OTHER), depot.give("/good", DATA))
    made.pull()
    assert whole(made)
    assert [sent.path for sent in depot.sent] == ["/bad", "/good"]


@pytest.mark.parametrize(
    "proof",
    [KNOWN, {"sha256": sha(DATA)}, {"sha256_prefix": sha(DATA)[:8]}, {"md5_tail": "0" * 32}],
)
def test_wrong_bytes_everywhere_end_in_a_sentence_and_an_empty_place(
    tmp_path: Path, depot: Depot, proof: dict[str, Any]
) -> None:
    made = bench(tmp_path, depot.give("/net", OTHER), **proof)
    with pytest.raises(ModelCorrupt, match=r"thrown away.*voxmend models import"):
        made.pull()
    assert list(made.place.parent.iterdir()) == []
    assert made.state() == "absent"


def test_a_bad_beginning_from_before_does_not_spoil_a_good_address(
    tmp_path: Path, depot: Depot
) -> None:
    made = bench(tmp_path, depot.give("/net", DATA))
    made.place.parent.mkdir(parents=True)
    made.place.with_name("net.onnx.part").write_bytes(OTHER[:100_000])
    made.pull()
    assert whole(made)


@pytest.mark.parametrize("extra", [0, 500])
def test_a_beginning_as_long_as_the_file_or_longer_is_judged_not_trusted(
    tmp_path: Path, depot: Depot, extra: int
) -> None:
    made = bench(tmp_path, depot.give("/net", DATA), sha256=sha(DATA))
    made.place.parent.mkdir(parents=True)
    made.place.with_name("net.onnx.part").write_bytes(DATA + bytes(extra))
    made.pull()
    assert whole(made)


def test_redirects_are_followed_to_http_only(tmp_path: Path, depot: Depot) -> None:
    good = depot.give("/good", DATA)
    made = bench(tmp_path, depot.give("/net", b"x", moved(good)))
    made.pull()
    assert whole(made)
    secret = tmp_path / "secret.onnx"
    secret.write_bytes(DATA)
    for n, to in enumerate((secret.as_uri(), "ftp://127.0.0.1/net")):
        made = bench(tmp_path / str(n), depot.give("/net", b"x", moved(to)))
        with pytest.raises(EnvironmentProblem, match="not safe to follow"):
            made.pull()
        assert not made.place.exists()


def test_a_redirect_never_leads_from_https_to_http() -> None:
    request = urllib.request.Request("https://example.org/a")
    for to, allowed in (("https://example.net/b", True), ("http://example.net/b", False)):
        with contextlib.nullcontext() if allowed else pytest.raises(RefusedError):
            OnlyHttp().redirect_request(request, io.BytesIO(), 302, "", Message(), to)


def test_a_disk_that_fills_up_all_the_same_is_a_full_disk(tmp_path: Path) -> None:
    with pytest.raises(DiskFull, match="is kept"), writing(tmp_path / "net.onnx"):
        raise OSError(errno.ENOSPC, "No space left on device")
    with pytest.raises(EnvironmentProblem, match="cannot be written"), writing(tmp_path / "a"):
        raise OSError(errno.EROFS, "Read-only file system")


def test_a_circle_of_redirects_ends(tmp_path: Path, depot: Depot) -> None:
    made = bench(tmp_path, depot.give("/net", b"x", moved(depot.url + "/net")))
    with pytest.raises(EnvironmentProblem):
        made.pull()
    assert len(depot.sent) < 15


def test_a_slow_server_is_waited_for_and_a_silent_one_is_asked_again(
    tmp_path: Path, depot: Depot
) -> None:
    made = bench(tmp_path / "slow", depot.give("/slow", DATA, slow))
    made.pull()
    assert whole(made)
    made = bench(tmp_path / "silent", depot.give("/silent", DATA, silent, plain))
    made.timeout_s = SILENT_S / 2
    made.pull()
    assert whole(made)
    assert depot.sent[-1].headers["Range"] == f"bytes={len(DATA) // 2}-"


def test_a_server_asks_for_patience_and_gets_it(tmp_path: Path, depot: Depot) -> None:
    made = bench(tmp_path, depot.give("/net", DATA, status(429, Retry_After=7), plain))
    made.pull()
    assert made.waits == [7.0]


def test_a_file_that_is_not_there_is_not_asked_for_again(tmp_path: Path, depot: Depot) -> None:
    made = bench(tmp_path, depot.url + "/gone", depot.give("/net", DATA))
    made.pull()
    assert [sent.path for sent in depot.sent] == ["/gone", "/net"]
    assert made.waits == []


@pytest.mark.parametrize("manner", [web_page, without_length])
def test_what_nobody_can_prove_is_not_taken_from_a_doubtful_answer(
    tmp_path: Path, depot: Depot, manner: Manner
) -> None:
    made = Bench(tmp_path, catalogue(depot.give("/net", DATA, manner)))
    with pytest.raises(EnvironmentProblem, match=r"sends a web page|how long the file is"):
        made.pull()
    assert not made.place.exists()


def test_a_hash_makes_a_missing_length_harmless(tmp_path: Path, depot: Depot) -> None:
    made = bench(tmp_path, depot.give("/net", DATA, without_length), sha256=sha(DATA))
    made.pull()
    assert whole(made)


@pytest.mark.parametrize("name", ["a.onnx", "a.ckpt", "a.th", "a.safetensors"])
def test_bytes_of_another_kind_are_refused_where_no_hash_is_published(
    tmp_path: Path, depot: Depot, name: str
) -> None:
    url = depot.give("/net", b"{'error': 'quota exceeded'}" * 100)
    made = Bench(tmp_path, catalogue(url, name=name))
    with pytest.raises(ModelCorrupt, match="is not a"):
        made.pull()
    assert not made.place.exists()


def test_mirrors_come_first_in_their_order_then_the_catalogue(tmp_path: Path, depot: Depot) -> None:
    made = bench(tmp_path, depot.give("/net", DATA))
    made.mirrors = (depot.url + "/a/", depot.url + "/b")
    made.pull()
    assert [sent.path for sent in depot.sent] == ["/a/tiny/net.onnx", "/b/tiny/net.onnx", "/net"]


def test_a_folder_is_a_mirror_even_offline(tmp_path: Path, depot: Depot) -> None:
    folder = tmp_path / "a mirror"
    (folder / "tiny").mkdir(parents=True)
    (folder / "tiny" / "net.onnx").write_bytes(DATA)
    made = bench(tmp_path, depot.give("/net", DATA))
    made.mirrors, made.offline = (folder.as_uri(),), True
    made.pull()
    assert whole(made)
    assert depot.sent == []


def test_a_bad_file_in_a_mirror_is_passed_over(tmp_path: Path, depot: Depot) -> None:
    (tmp_path / "tiny").mkdir()
    (tmp_path / "tiny" / "net.onnx").write_bytes(OTHER)
    made = bench(tmp_path / "home", depot.give("/net", DATA))
    made.mirrors = (tmp_path.as_uri(),)
    made.pull()
    assert whole(made)


def test_offline_refuses_before_anything_is_sent_or_made(tmp_path: Path, depot: Depot) -> None:
    made = bench(tmp_path, depot.give("/net", DATA))
    made.offline = True
    with pytest.raises(EnvironmentProblem, match="offline"):
        made.pull()
    assert depot.sent == []
    assert not made.store.root.exists()


def test_the_environment_names_mirrors_and_offline() -> None:
    env = {"VOXMEND_MODEL_MIRROR": "https://a.example/m file:///b", "VOXMEND_OFFLINE": "1"}
    made = fetch.from_environment(env=env)
    assert made.mirrors == ("https://a.example/m", "file:///b")
    assert made.offline
    assert not fetch.from_environment(env={"VOXMEND_OFFLINE": "0"}).offline
    for bad in ("ftp://a", "/folder", "https://", "file://host/x"):
        with pytest.raises(EnvironmentProblem, match="VOXMEND_MODEL_MIRROR"):
            fetch.from_environment(env={"VOXMEND_MODEL_MIRROR": bad})


def test_a_proxy_of_the_environment_is_used(
    tmp_path: Path, depot: Depot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", depot.url)
    made = bench(tmp_path, "http://weights.invalid/net")
    depot.give("http://weights.invalid/net", DATA)
    made.pull()
    assert whole(made)
    assert depot.sent[0].path == "http://weights.invalid/net"


def test_an_address_where_nobody_listens_is_a_sentence(tmp_path: Path) -> None:
    made = bench(tmp_path, "http://127.0.0.1:9/net")
    with pytest.raises(EnvironmentProblem, match=r"127\.0\.0\.1:9 cannot be reached.*proxy"):
        made.pull()


def test_bytes_that_are_not_http_are_a_sentence(tmp_path: Path) -> None:
    class Rude(http.server.BaseHTTPRequestHandler):
        def handle(self) -> None:
            self.rfile.readline()
            self.wfile.write(b"go away\n")

    server = http.server.HTTPServer(("127.0.0.1", 0), Rude)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        made = bench(tmp_path, f"http://127.0.0.1:{server.server_address[1]}/net")
        with pytest.raises(VoxmendError):
            made.pull()
    finally:
        server.shutdown()
        server.server_close()


def test_a_full_disk_is_refused_before_the_first_byte(tmp_path: Path, depot: Depot) -> None:
    made = bench(tmp_path, depot.give("/net", DATA))
    made.free = RESERVE + len(DATA) - 1
    with pytest.raises(DiskFull):
        made.pull()
    assert depot.sent == []
    made.free += 1
    made.pull()
    assert whole(made)


def test_a_disk_too_small_for_a_file_of_unknown_size_keeps_what_is_there(
    tmp_path: Path, depot: Depot
) -> None:
    made = bench(tmp_path, depot.give("/net", DATA, cut(100_000), status(404)), sha256=sha(DATA))
    with pytest.raises(EnvironmentProblem):
        made.pull()
    depot.give("/net", DATA)
    made.free = RESERVE + 1000
    with pytest.raises(DiskFull, match="is kept"):
        made.pull()
    assert made.place.with_name("net.onnx.part").stat().st_size == 100_000
    made.free = RESERVE + len(DATA) - 100_000
    made.pull()
    assert whole(made)


def test_progress_ends_at_the_whole(tmp_path: Path, depot: Depot) -> None:
    made = bench(tmp_path, depot.give("/net", DATA, cut(100_000), plain))
    told: list[fetch.Progress] = []
    made.store.pull(made.catalogue.models, made.fetcher(), told.append)
    assert told[0] == fetch.Progress("tiny", "net.onnx", 0, len(DATA))
    assert told[-1] == fetch.Progress("tiny", "net.onnx", len(DATA), len(DATA))
    assert [p.done for p in told] == sorted(p.done for p in told)
