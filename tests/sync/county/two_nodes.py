"""A Ray cluster of two nodes on loopback: says "ready 2", ends when its input does.

    python two_nodes.py GCS_PORT CLIENT_PORT AGENT_PORT AGENT_PORT

The address is 127.0.0.2: of 127.0.0.1 Ray's drivers make the machine's own address, where nothing
listens.

A raylet waits fifteen seconds, and nothing makes it wait longer, for the ports that its agent
chooses. Under load the agent, a Python program, does not keep that, and the raylet dies. So what
the agent would say without a dashboard, that it has no such ports, is said before; the one that
is needed is given.
"""

from __future__ import annotations

import signal
import sys
from typing import Any

from ray import _raylet
from ray._private import services
from ray.cluster_utils import Cluster

ADDRESS = "127.0.0.2"
_STORE = 150 << 20  # the smallest that Ray likes; the answers are some kilobytes
_START_S = 300
_NO_PORT = -1
_start_raylet = services.start_raylet


def start_raylet(redis: str, gcs: str, node: str, *others: Any, **named: Any) -> Any:
    """Start it when all that it waits for is there."""
    session = next(one for one in others if "/session_" in str(one) and not one.count("/sockets/"))
    for name in (
        _raylet.METRICS_AGENT_PORT_NAME,
        _raylet.METRICS_EXPORT_PORT_NAME,
        _raylet.DASHBOARD_AGENT_LISTEN_PORT_NAME,
    ):
        _raylet.persist_port(session, node, name, _NO_PORT)
    return _start_raylet(redis, gcs, node, *others, **named)


def main() -> None:
    gcs, client, *agents = map(int, sys.argv[1:])
    signal.alarm(_START_S)  # who waits for "ready" reads the end of the output instead
    services.start_raylet = start_raylet
    nodes = [
        {
            "num_cpus": 1,
            "object_store_memory": _STORE,
            "node_ip_address": ADDRESS,
            "runtime_env_agent_port": port,
        }
        for port in agents
    ]
    head = {"gcs_server_port": gcs, "ray_client_server_port": client, "include_dashboard": False}
    cluster = Cluster(initialize_head=True, head_node_args=nodes[0] | head)
    for node in nodes[1:]:
        cluster.add_node(**node)
    cluster.wait_for_nodes(_START_S)
    signal.alarm(0)
    sys.stdout.write(f"ready {len(cluster.list_all_nodes())}\n")
    sys.stdout.flush()
    sys.stdin.readline()
    cluster.shutdown()


if __name__ == "__main__":
    main()
