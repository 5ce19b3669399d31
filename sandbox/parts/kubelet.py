"""kubelet: runs the pods of the one node."""

from __future__ import annotations

import json

from sandbox import network
from sandbox.cgroups import ROOT
from sandbox.parts import containerd
from sandbox.parts.part import API_SERVER_URL, NODE_NAME, Surroundings, folder, runs
from sandbox.supervisor import client


class Kubelet:
    """The node agent."""

    name = "kubelet"

    def start(self, around: Surroundings) -> None:
        """Runs it."""
        place = folder(self.name)
        serving = around.authority.issue(
            "kubelet", common_name=f"system:node:{NODE_NAME}", hosts=[NODE_NAME, network.NODE_ADDRESS]
        )
        kubeconfig = around.authority.kubeconfig(
            place / "node.kubeconfig", server=API_SERVER_URL, user=f"system:node:{NODE_NAME}", group="system:nodes"
        )
        # Pods ask the cluster's DNS alone: what the host asks is nobody's business in here.
        resolver = place / "resolv.conf"
        resolver.write_text("")
        plain = "0%"
        configuration = place / "config.yaml"
        configuration.write_text(
            json.dumps(
                {
                    "apiVersion": "kubelet.config.k8s.io/v1beta1",
                    "kind": "KubeletConfiguration",
                    "address": network.NODE_ADDRESS,
                    "tlsCertFile": str(serving.certificate),
                    "tlsPrivateKeyFile": str(serving.key),
                    "authentication": {
                        "anonymous": {"enabled": False},
                        "webhook": {"enabled": True},
                        "x509": {"clientCAFile": str(around.authority.certificate)},
                    },
                    "authorization": {"mode": "Webhook"},
                    "clusterDomain": "cluster.local",
                    "clusterDNS": [network.DNS_SERVICE_ADDRESS],
                    "resolvConf": str(resolver),
                    "containerRuntimeEndpoint": f"unix://{containerd.SOCKET}",
                    "cgroupDriver": "cgroupfs",
                    "cgroupRoot": ROOT,
                    "failCgroupV1": False,
                    "failSwapOn": False,
                    "oomScoreAdj": 0,
                    "volumePluginDir": str(place / "volume-plugins"),
                    # The disk belongs to the host: how full it is in percent says nothing about the sandbox, and the
                    # images cannot be fetched again from anywhere.
                    "evictionHard": {
                        "memory.available": "100Mi",
                        "nodefs.available": plain,
                        "nodefs.inodesFree": plain,
                        "imagefs.available": plain,
                        "imagefs.inodesFree": plain,
                    },
                    "imageGCHighThresholdPercent": 100,
                    "imageMinimumGCAge": "8760h",
                    "syncFrequency": "10s",
                    "nodeStatusReportFrequency": "10s",
                }
            )
        )
        client.start(
            self.name,
            [
                around.tools["kubelet"],
                f"--config={configuration}",
                f"--kubeconfig={kubeconfig}",
                # For cAdvisor, whose numbers would otherwise name neither container nor image.
                f"--containerd={containerd.SOCKET}",
                f"--root-dir={place}/root",
                f"--cert-dir={place}/pki",
                f"--hostname-override={NODE_NAME}",
                f"--node-ip={network.NODE_ADDRESS}",
            ],
        )

    def ready(self, around: Surroundings) -> bool:
        """Whether it serves; that its node is Ready is the platform's question."""
        del around
        return runs(self.name)
