"""`make audit`: the list of what voxmend is made of, and the question whether any of it has a
known hole. The service that is asked is played here: no network is needed."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from voxmend.models import catalogue
from voxmend_bench import sbom

ROOT = Path(__file__).resolve().parents[2]


class Service(HTTPServer):
    """Answers like osv.dev; ``holes`` are the packages that have one."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.holes: set[str] = set()
        self.asked: set[str] = set()


class _Answer(BaseHTTPRequestHandler):
    server: Service

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        names = [query["package"]["name"] for query in body["queries"]]
        self.server.asked.update(names)
        hole = {"vulns": [{"id": "PYSEC-0000-1", "modified": "2026-01-01T00:00:00Z"}]}
        self._send({"results": [hole if name in self.server.holes else {} for name in names]})

    def do_GET(self) -> None:
        one = {"id": "PYSEC-0000-1", "modified": "2026-01-01T00:00:00Z", "summary": "a hole"}
        self._send({**one, "affected": []})

    def _send(self, data: dict[str, Any]) -> None:
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(data).encode())

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def service() -> Iterator[Service]:
    made = Service()
    thread = threading.Thread(target=made.serve_forever)
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


def audit(url: str) -> subprocess.CompletedProcess[str]:
    if shutil.which("make") is None:
        pytest.skip("make is not installed")
    return subprocess.run(
        ["make", "-s", "audit", f"AUDIT=--service-url {url}"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_a_known_hole_ends_it_with_an_error(service: Service) -> None:
    service.holes = {"filelock"}
    run = audit(f"http://127.0.0.1:{service.server_port}")
    assert run.returncode != 0
    assert "PYSEC-0000-1" in run.stdout + run.stderr


def test_without_one_it_ends_well_and_all_packages_were_asked_for(service: Service) -> None:
    run = audit(f"http://127.0.0.1:{service.server_port}")
    assert run.returncode == 0, run.stderr
    listed = json.loads((ROOT / "dist" / "voxmend.cdx.json").read_text("utf-8"))
    assert (listed["bomFormat"], listed["specVersion"]) == ("CycloneDX", "1.5")
    packages = {c["name"] for c in listed["components"] if "purl" in c}
    assert packages >= {"pyzmq", "filelock", "torch", "onnxruntime", "soundfile"}
    assert packages <= service.asked


def test_a_service_that_is_away_is_no_good_news() -> None:
    closed = HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    closed.server_close()
    assert audit(f"http://127.0.0.1:{closed.server_port}").returncode != 0


def test_the_list_has_the_libraries_of_c_and_every_file_of_weights() -> None:
    whole = sbom.completed({"components": []})["components"]
    refs = [c["bom-ref"] for c in whole]
    assert len(refs) == len(set(refs))
    assert {"libzmq", "libsndfile"} <= {c["name"] for c in whole if c["type"] == "library"}
    for model in catalogue.load().models:
        if not model.files:
            continue
        (row,) = [c for c in whole if c["bom-ref"] == f"model-{model.id}"]
        assert row["licenses"] == [{"license": {"name": model.licence}}]
        listed = {part["name"]: part for part in row["components"]}
        for file in model.files:
            hashes = [h["content"] for h in listed[file.name].get("hashes", [])]
            assert hashes == ([file.sha256] if file.sha256 else [])
