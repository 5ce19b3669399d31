"""kube-controller-manager: deployments, jobs, endpoints, service accounts."""

from __future__ import annotations

from sandbox import network
from sandbox.parts.api_server import service_account_keys
from sandbox.parts.part import API_SERVER_URL, Surroundings, answers, folder
from sandbox.supervisor import client

PORT = 10257


class ControllerManager:
    """One instance, so no leader election."""

    name = "kube-controller-manager"

    def start(self, around: Surroundings) -> None:
        """Runs it."""
        kubeconfig = around.authority.kubeconfig(
            folder(self.name) / "controller-manager.kubeconfig",
            server=API_SERVER_URL,
            user="system:kube-controller-manager",
        )
        serving = around.authority.issue(
            "kube-controller-manager", common_name="kube-controller-manager", hosts=[network.NODE_ADDRESS]
        )
        client.start(
            self.name,
            [
                around.tools["kube-controller-manager"],
                f"--kubeconfig={kubeconfig}",
                f"--bind-address={network.NODE_ADDRESS}",
                f"--tls-cert-file={serving.certificate}",
                f"--tls-private-key-file={serving.key}",
                "--leader-elect=false",
                "--use-service-account-credentials=true",
                f"--service-account-private-key-file={service_account_keys(around).key}",
                f"--root-ca-file={around.authority.certificate}",
                "--allocate-node-cidrs=true",
                f"--cluster-cidr={network.POD_RANGE}",
                f"--service-cluster-ip-range={network.SERVICE_RANGE}",
                "--node-cidr-mask-size=24",
            ],
        )

    def ready(self, around: Surroundings) -> bool:
        """As its health endpoint tells it."""
        return answers(f"https://{network.NODE_ADDRESS}:{PORT}/healthz", around.authority)
