"""A Ray cluster of several nodes on this machine: ``python nodes.py NODES FOLDER``.

A process of its own, so that a head which is killed takes no test with it. It prints the address,
then ends what it is told on standard input: ``node`` the last one, ``head`` the first; and all at
the end of the input. Ports are given: Ray waits for those it picks itself, and not long enough on
a machine that has much to do.
"""

from __future__ import annotations

import importlib
import os
import shutil
import socket
import sys
from typing import Any

NAMES = (
    "metrics_export_port",
    "metrics_agent_port",
    "runtime_env_agent_port",
    "dashboard_agent_listen_port",
)


def ports() -> dict[str, int]:
    """Ports that nobody has."""
    held = [socket.socket() for _ in NAMES]
    for each in held:
        each.bind(("127.0.0.1", 0))
    found = {name: each.getsockname()[1] for name, each in zip(NAMES, held, strict=True)}
    for each in held:
        each.close()
    return found


def main() -> None:
    """Be the cluster."""
    count, folder = int(sys.argv[1]), sys.argv[2]
    os.environ["RAY_TMPDIR"] = folder  # where Ray notes the newest cluster, too
    os.makedirs(f"{folder}/ray", exist_ok=True)
    made: Any = importlib.import_module("ray.cluster_utils").Cluster
    size: dict[str, Any] = {
        "num_cpus": 1,
        "memory": 4_000_000_000,
        "object_store_memory": 80_000_000,
    }
    head = {**size, "num_cpus": 0, "include_dashboard": False, "temp_dir": f"{folder}/ray"}
    quick = {"health_check_period_ms": 2000, "health_check_failure_threshold": 5}
    cluster = made()
    cluster.add_node(**head, **ports(), _system_config=quick)
    nodes = [cluster.add_node(**size, **ports()) for _ in range(count)]
    print(cluster.address, flush=True)
    for line in sys.stdin:
        if line.strip() == "node":
            cluster.remove_node(nodes.pop(), allow_graceful=False)
        elif line.strip() == "head":
            cluster.head_node.kill_all_processes(check_alive=False, allow_graceful=False)
        print("done", flush=True)
    for node in (*nodes, cluster.head_node):
        node.kill_all_processes(check_alive=False, allow_graceful=False)
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(0)


if __name__ == "__main__":
    main()
