"""Of who may talk to whom, and of labels, by which that is said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.unit.policies.examples.example import (
    NAMESPACE,
    Example,
    cron_job,
    deployment,
    kubernetes,
    labels,
    pod,
    resource,
)

if TYPE_CHECKING:
    from policies.resource import Resource

_CONFINED, _INGRESS, _EGRESS, _LABELS = "pods-confined", "ingress-named", "egress-named", "labels-complete"
_SERVER = {"matchLabels": {"app": "mlflow", "app.kubernetes.io/component": "tracking-server"}}
_BOTH = ["Ingress", "Egress"]
_GATEWAY = {"podSelector": {"matchLabels": {"app.kubernetes.io/component": "access-gateway"}}}
_FEW = labels(instance=None, component=None, part_of=None)
_HTTPS = [{"protocol": "TCP", "port": 443}]


def _policy(selector: dict[str, Any] | None = None, *, namespace: str = NAMESPACE, **spec: Any) -> Resource:
    metadata = {"name": "edges", "namespace": namespace, "labels": labels()}
    given = {"podSelector": _SERVER if selector is None else selector, **spec}
    return kubernetes("networking.k8s.io/v1:NetworkPolicy", name="edges", metadata=metadata, spec=given)


def _expression(operator: str, *values: str) -> dict[str, Any]:
    key = "app.kubernetes.io/component"
    return {"matchExpressions": [{"key": key, "operator": operator, **({"values": list(values)} if values else {})}]}


def _labelled(kind: str, carried: dict[str, str]) -> Resource:
    return kubernetes(kind, metadata={"name": "example", "namespace": NAMESPACE, "labels": carried})


EXAMPLES = (
    Example(
        rule=_CONFINED,
        sentence="pods_with_a_policy_both_ways",
        resources=(deployment(), cron_job(), _policy(policyTypes=_BOTH)),
    ),
    Example(
        rule=_CONFINED,
        sentence="pods_with_a_policy_for_each_way",
        resources=(deployment(), _policy(policyTypes=["Ingress"]), _policy(egress=[{"to": [_GATEWAY]}])),
    ),
    *(
        Example(
            rule=_CONFINED,
            sentence=f"pods_that_a_policy_selects_by_{expression['matchExpressions'][0]['operator']}",
            resources=(deployment(), _policy(expression, policyTypes=_BOTH)),
        )
        for expression in (
            _expression("In", "tracking-server", "canary"),
            _expression("NotIn", "canary"),
            _expression("Exists"),
        )
    ),
    Example(
        rule=_CONFINED,
        sentence="pods_without_a_policy",
        resources=(deployment(),),
        found=("no NetworkPolicy is for its pods' ingress and egress",),
    ),
    Example(
        rule=_CONFINED,
        sentence="pods_whose_policy_leaves_the_way_out_open",
        resources=(cron_job(), _policy(ingress=[{"from": [_GATEWAY]}])),
        found=("no NetworkPolicy is for its pods' egress",),
    ),
    Example(
        rule=_CONFINED,
        sentence="pods_of_another_component_or_namespace",
        resources=(
            deployment(),
            _policy(_expression("NotIn", "tracking-server"), policyTypes=_BOTH),
            _policy(_expression("DoesNotExist"), policyTypes=_BOTH),
            _policy(_expression("Near", "tracking-server"), policyTypes=_BOTH),
            _policy({"matchLabels": {"app": "postgres"}}, policyTypes=_BOTH),
            _policy(namespace="elsewhere", policyTypes=_BOTH),
        ),
        found=("no NetworkPolicy is for its pods' ingress and egress",),
    ),
    Example(
        rule=_CONFINED,
        sentence="pods_that_only_the_default_of_the_namespace_confines",
        resources=(deployment(), _policy({}, policyTypes=_BOTH)),
        found=("no NetworkPolicy is for its pods' ingress and egress",),
    ),
    Example(
        rule=_INGRESS,
        sentence="named_peers_in",
        resources=(
            _policy(ingress=[{"from": [_GATEWAY, {"ipBlock": {"cidr": "10.0.0.9/32"}}]}], policyTypes=_BOTH),
            _policy(ingress=[{"from": [{"namespaceSelector": {}, **_GATEWAY}]}]),
            _policy(ingress=[{"from": [{"namespaceSelector": {"matchLabels": {"team": "data"}}}]}]),
            _policy(policyTypes=["Ingress"]),
        ),
    ),
    Example(
        rule=_INGRESS,
        sentence="everybody_in",
        resources=(
            _policy(ingress=[{"ports": _HTTPS}]),
            _policy(ingress=[{"from": [_GATEWAY]}, {"from": [{"namespaceSelector": {}}]}]),
            _policy(ingress=[{"from": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]}]),
        ),
        found=(
            "ingress[0] lets everybody in, at TCP 443",
            "ingress[1] lets everybody in, at every port",
            "ingress[0] lets everybody in, at every port",
        ),
    ),
    Example(
        rule=_EGRESS,
        sentence="named_peers_out",
        resources=(_policy(egress=[{"to": [{"ipBlock": {"cidr": "203.0.113.0/24"}}], "ports": _HTTPS}]),),
    ),
    Example(
        rule=_EGRESS,
        sentence="out_to_every_address",
        resources=(
            _policy(egress=[{"to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}], "ports": _HTTPS}]),
            _policy(egress=[{"to": [{"ipBlock": {"cidr": "::/0"}}]}, {}]),
        ),
        found=(
            "egress[0] lets pods out to every address, at TCP 443",
            "egress[0] lets pods out to every address, at every port",
            "egress[1] lets pods out to every address, at every port",
        ),
    ),
    Example(
        rule=_LABELS,
        sentence="objects_and_pods_with_every_label_and_what_is_not_of_kubernetes",
        resources=(
            deployment(),
            _labelled("core/v1:ConfigMap", labels(version="3.17.2")),
            kubernetes("core/v1:Pod", spec=pod()["spec"]),
            resource("minio:index/s3Bucket:S3Bucket", {"bucket": "mlflow-artifacts"}),
        ),
    ),
    Example(
        rule=_LABELS,
        sentence="an_object_without_labels",
        resources=(_labelled("core/v1:ConfigMap", {"team": "data", "app": ""}),),
        found=(f"its labels lack {', '.join(labels())}",),
    ),
    Example(
        rule=_LABELS,
        sentence="a_workload_whose_pods_have_no_labels",
        resources=(kubernetes("apps/v1:Deployment", spec={"template": pod() | {"metadata": {"labels": _FEW}}}),),
        found=(
            "its pods' labels lack app.kubernetes.io/instance, app.kubernetes.io/component, app.kubernetes.io/part-of",
        ),
    ),
)
