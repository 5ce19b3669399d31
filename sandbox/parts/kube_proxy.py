"""kube-proxy: Services, as nftables rules in the sandbox's network namespace."""

from __future__ import annotations

import json

from sandbox import network
from sandbox.parts.part import API_SERVER_URL, NODE_NAME, Surroundings, folder, runs
from sandbox.supervisor import client


class KubeProxy:
    """The Service proxy."""

    name = "kube-proxy"

    def start(self, around: Surroundings) -> None:
        """Runs it."""
        place = folder(self.name)
        kubeconfig = around.authority.kubeconfig(
            place / "kube-proxy.kubeconfig", server=API_SERVER_URL, user="system:kube-proxy"
        )
        configuration = place / "config.yaml"
        configuration.write_text(
            json.dumps(
                {
                    "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
                    "kind": "KubeProxyConfiguration",
                    "mode": "nftables",
                    "clientConnection": {"kubeconfig": str(kubeconfig)},
                    "clusterCIDR": network.POD_RANGE,
                    "hostnameOverride": NODE_NAME,
                    "bindAddress": network.NODE_ADDRESS,
                    "metricsBindAddress": "127.0.0.1:10249",
                    "oomScoreAdj": 0,
                    # The connection table's size is a setting of the whole host.
                    "conntrack": {"maxPerCore": 0, "min": 0},
                    "nftables": {"minSyncPeriod": "200ms"},
                }
            )
        )
        client.start(self.name, [around.tools["kube-proxy"], f"--config={configuration}"])

    def ready(self, around: Surroundings) -> bool:
        """Whether it runs; a Service that does not work shows in the add-ons' readiness."""
        del around
        return runs(self.name)
