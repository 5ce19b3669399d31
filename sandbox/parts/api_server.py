"""kube-apiserver: RBAC, Node authorizer, Pod Security admission."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox import network
from sandbox.parts import etcd
from sandbox.parts.part import API_SERVER_URL, NODE_NAME, Surroundings, answers
from sandbox.supervisor import client

if TYPE_CHECKING:
    from sandbox.pki import KeyPair

ISSUER = "https://kubernetes.default.svc.cluster.local"
HOSTS = (
    "kubernetes",
    "kubernetes.default",
    "kubernetes.default.svc",
    "kubernetes.default.svc.cluster.local",
    NODE_NAME,
    network.NODE_ADDRESS,
    network.API_SERVICE_ADDRESS,
    "127.0.0.1",
)


def service_account_keys(around: Surroundings) -> KeyPair:
    """The pair that signs and verifies the tokens of service accounts."""
    return around.authority.issue("service-accounts", common_name="service-accounts")


class ApiServer:
    """The API server, on the node's address."""

    name = "kube-apiserver"

    def start(self, around: Surroundings) -> None:
        """Runs it."""
        serving = around.authority.issue("kube-apiserver", common_name="kube-apiserver", hosts=HOSTS)
        to_kubelet = around.authority.issue(
            "apiserver-kubelet-client", common_name="apiserver-kubelet-client", organization="system:masters"
        )
        accounts = service_account_keys(around)
        client.start(
            self.name,
            [
                around.tools["kube-apiserver"],
                f"--etcd-servers={etcd.CLIENT_URL}",
                f"--advertise-address={network.NODE_ADDRESS}",
                "--bind-address=0.0.0.0",
                "--secure-port=6443",
                f"--service-cluster-ip-range={network.SERVICE_RANGE}",
                "--authorization-mode=Node,RBAC",
                "--enable-admission-plugins=NodeRestriction",
                f"--client-ca-file={around.authority.certificate}",
                f"--tls-cert-file={serving.certificate}",
                f"--tls-private-key-file={serving.key}",
                f"--kubelet-certificate-authority={around.authority.certificate}",
                f"--kubelet-client-certificate={to_kubelet.certificate}",
                f"--kubelet-client-key={to_kubelet.key}",
                # The node's name resolves nowhere.
                "--kubelet-preferred-address-types=InternalIP",
                f"--service-account-issuer={ISSUER}",
                f"--service-account-key-file={accounts.certificate}",
                f"--service-account-signing-key-file={accounts.key}",
                "--profiling=false",
            ],
        )

    def ready(self, around: Surroundings) -> bool:
        """As the server itself tells it."""
        return answers(f"{API_SERVER_URL}/readyz", around.authority)
