"""The receiver of alerts, where there is a monitoring stack.

A process of the node rather than a pod: it needs no image with Python, pods and host reach it at one address, and no
fault that a test makes among the pods takes away what it has received.
"""

from __future__ import annotations

import sys

from sandbox import network, paths
from sandbox.parts.part import Surroundings, answers
from sandbox.supervisor import client

PORT = 9099
URL = f"http://{network.NODE_ADDRESS}:{PORT}"


class AlertReceiver:
    """Keeps what Alertmanager sends, for tests to read."""

    name = "alert-receiver"

    def start(self, around: Surroundings) -> None:
        """Runs it."""
        del around
        client.start(
            self.name,
            [
                sys.executable,
                "-P",
                "-m",
                "sandbox.alert_receiver",
                f"--host={network.NODE_ADDRESS}",
                f"--port={PORT}",
            ],
            env={"PYTHONPATH": str(paths.CLONE)},
        )

    def ready(self, around: Surroundings) -> bool:
        """Whether it gives what it has."""
        del around
        return answers(URL)
