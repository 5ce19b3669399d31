"""etcd: where the API server keeps its objects."""

from __future__ import annotations

from sandbox.parts.part import Surroundings, folder, runs
from sandbox.supervisor import client

# Plain HTTP on the loopback of the sandbox's own network namespace: nothing but its processes is there.
CLIENT_URL = "http://127.0.0.1:2379"
PEER_URL = "http://127.0.0.1:2380"


class Etcd:
    """A single member."""

    name = "etcd"

    def start(self, around: Surroundings) -> None:
        """Runs it on its folder's data."""
        client.start(
            self.name,
            [
                around.tools["etcd"],
                f"--data-dir={folder(self.name) / 'data'}",
                f"--listen-client-urls={CLIENT_URL}",
                f"--advertise-client-urls={CLIENT_URL}",
                f"--listen-peer-urls={PEER_URL}",
                f"--initial-advertise-peer-urls={PEER_URL}",
                f"--initial-cluster=default={PEER_URL}",
                # A lost sandbox is made anew: its latency matters more than the last second before a power cut.
                "--unsafe-no-fsync",
                "--log-level=warn",
            ],
        )

    def ready(self, around: Surroundings) -> bool:
        """Left to the API server's own readiness, which includes etcd: etcd listens inside the sandbox only."""
        del around
        return runs(self.name)
