"""kube-router: enforces network policies, and nothing else of what it could do."""

from __future__ import annotations

from sandbox import network
from sandbox.parts.part import API_SERVER_URL, NODE_NAME, Surroundings, folder, runs
from sandbox.supervisor import client


class KubeRouter:
    """The network policy controller, beside kube-proxy."""

    name = "kube-router"

    def start(self, around: Surroundings) -> None:
        """Runs it."""
        kubeconfig = around.authority.kubeconfig(
            folder(self.name) / "kube-router.kubeconfig", server=API_SERVER_URL, user="kube-router"
        )
        client.start(
            self.name,
            [
                around.tools["kube-router"],
                f"--kubeconfig={kubeconfig}",
                f"--hostname-override={NODE_NAME}",
                "--run-firewall=true",
                "--run-router=false",
                "--run-service-proxy=false",
                f"--service-cluster-ip-range={network.SERVICE_RANGE}",
                f"--service-external-ip-range={network.INGRESS_ADDRESS}/32",
            ],
            env={"NODE_NAME": NODE_NAME},
        )

    def ready(self, around: Surroundings) -> bool:
        """Whether it runs; that policies hold is what the integration tests show."""
        del around
        return runs(self.name)
