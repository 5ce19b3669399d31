"""kube-scheduler: which node a pod goes to, of one."""

from __future__ import annotations

from sandbox import network
from sandbox.parts.part import API_SERVER_URL, Surroundings, answers, folder
from sandbox.supervisor import client

PORT = 10259


class Scheduler:
    """One instance, so no leader election."""

    name = "kube-scheduler"

    def start(self, around: Surroundings) -> None:
        """Runs it."""
        kubeconfig = around.authority.kubeconfig(
            folder(self.name) / "scheduler.kubeconfig", server=API_SERVER_URL, user="system:kube-scheduler"
        )
        serving = around.authority.issue("kube-scheduler", common_name="kube-scheduler", hosts=[network.NODE_ADDRESS])
        client.start(
            self.name,
            [
                around.tools["kube-scheduler"],
                f"--kubeconfig={kubeconfig}",
                f"--bind-address={network.NODE_ADDRESS}",
                f"--tls-cert-file={serving.certificate}",
                f"--tls-private-key-file={serving.key}",
                "--leader-elect=false",
            ],
        )

    def ready(self, around: Surroundings) -> bool:
        """As its health endpoint tells it."""
        return answers(f"https://{network.NODE_ADDRESS}:{PORT}/healthz", around.authority)
