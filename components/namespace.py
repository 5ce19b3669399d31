"""Component `Namespace`: where everything of the platform lives."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_kubernetes import core, meta, networking

from components.labels import Labels
from components.metadata import object_metadata

POD_SECURITY_LEVEL = "restricted"


@dataclass(frozen=True, kw_only=True)
class NamespaceArgs:
    """Arguments of `Namespace`."""

    name: str
    create: bool
    """False: the namespace exists and belongs to someone else, nothing in it is touched here."""


class Namespace(pulumi.ComponentResource):
    """A namespace that admits only pods of the `restricted` level and, by default, no traffic at all.

    The default-deny policy is why every other component brings the NetworkPolicies for its own edges. Both belong
    together with the ownership of the namespace: in one that someone else runs, closing it could cut off others.
    """

    name: pulumi.Output[str]
    """Name, known only when the namespace accepts objects."""

    def __init__(self, name: str, args: NamespaceArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("mlflow:cluster:Namespace", name, None, opts)
        self.name = self._create(name, args) if args.create else pulumi.Output.from_input(args.name)
        self.register_outputs({"name": self.name})

    def _create(self, name: str, args: NamespaceArgs) -> pulumi.Output[str]:
        labels = Labels(instance=args.name, component="namespace").all
        modes = ("enforce", "warn", "audit")
        namespace = core.v1.Namespace(
            f"{name}-namespace",
            metadata=object_metadata(
                {**labels, **{f"pod-security.kubernetes.io/{mode}": POD_SECURITY_LEVEL for mode in modes}},
                name=args.name,
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        created: pulumi.Output[str] = namespace.metadata.apply(lambda metadata: metadata.name or args.name)
        networking.v1.NetworkPolicy(
            f"{name}-default-deny",
            metadata=object_metadata(labels, name="default-deny", namespace=created),
            spec=networking.v1.NetworkPolicySpecArgs(
                pod_selector=meta.v1.LabelSelectorArgs(), policy_types=["Ingress", "Egress"]
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        return created
