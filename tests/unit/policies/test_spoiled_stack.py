"""One thing at a time is spoiled in what the program makes for production: the rules look at the real shapes."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from policies import exceptions
from policies.registry import RULES
from policies.rule import judge
from tests.unit.policies import recorded

if TYPE_CHECKING:
    from collections.abc import Callable

    from policies.resource import Resource
    from tests.unit.engine import Recording

EXEMPTIONS = exceptions.read(exceptions.FILE)
SERVER = ("spec", "template", "spec", "containers", 0)
COLLECTION = ("spec", "jobTemplate", "spec", "template", "spec")
# What is spoiled: the rule, the resource, the path of the input, and the value that it gets; None takes it away.
SPOILED: list[tuple[str, str, tuple[str | int, ...], Any]] = [
    ("pods-restricted", "mlflow-deployment", (*SERVER, "securityContext", "allowPrivilegeEscalation"), True),
    ("pods-restricted", "mlflow-migration", ("spec", "template", "spec", "securityContext", "runAsNonRoot"), None),
    ("pods-restricted", "gc-cron-job", (*COLLECTION, "hostPID"), True),
    ("root-filesystem-read-only", "canary-deployment", (*SERVER, "securityContext", "readOnlyRootFilesystem"), None),
    ("pods-without-token", "gc-cron-job", (*COLLECTION, "automountServiceAccountToken"), None),
    ("resources-set", "gateway-deployment", (*SERVER, "resources", "limits"), {"cpu": "1"}),
    ("service-links-off", "exporter-deployment", ("spec", "template", "spec", "enableServiceLinks"), True),
    ("images-pinned", "mlflow-deployment", (*SERVER, "image"), "ghcr.io/mlflow/mlflow:latest"),
    ("secrets-encrypted", "mlflow-database", ("stringData",), {"pgpass": "*:*:mlflow:mlflow:horse"}),
    ("secrets-encrypted", "backend-role", ("password",), "horse"),
    ("secrets-encrypted", "cloudflare", ("apiToken",), "cloud"),
    ("no-credentials-in-plain-text", "mlflow-settings", ("data", "HOME"), "https://user:horse@example.com/"),
    ("secrets-as-files", "mlflow-deployment", (*SERVER, "envFrom", 0), {"secretRef": {"name": "mlflow-database"}}),
    ("buckets-private", "artifacts-bucket", ("acl",), "public-read"),
    ("keys-narrow", "artifacts-policy", ("policy",), '{"Statement": {"Effect": "Allow", "Action": "s3:*"}}'),
    ("providers-verify-tls", "postgresql", ("sslmode",), "require"),
    ("providers-verify-tls", "backup-minio", ("minioSsl",), "false"),
    ("routes-tls", "public-ingress", ("spec", "tls"), None),
    ("access-in-front", "access-application", ("type",), "bookmark"),
    ("access-by-name", "access-people", ("includes", 0), {"everyone": {}}),
    ("assertions-checked", "gateway-service", ("spec", "selector", "app.kubernetes.io/component"), "tracking-server"),
    ("records-proxied", "access-record", ("proxied",), False),
    ("services-internal", "mlflow-service", ("spec", "type"), "NodePort"),
    ("pods-confined", "mlflow-migration-edges", ("spec", "policyTypes"), ["Ingress"]),
    ("ingress-named", "mlflow-from-gateway", ("spec", "ingress", 0, "from"), None),
    ("egress-named", "mlflow-server-edges", ("spec", "egress", 0, "to"), []),
    ("egress-named", "gateway-edges", ("spec", "egress", -1, "ports"), None),
    ("buckets-versioned", "backups-versioning", ("versioningConfiguration", "status"), "Suspended"),
    ("data-protected", "artifacts-bucket", ("forceDestroy",), True),
    ("labels-complete", "mlflow-service", ("metadata", "labels", "app"), None),
]


def spoiled(resource: Resource, path: tuple[str | int, ...], value: Any) -> Resource:
    inputs = copy.deepcopy(dict(resource.inputs))
    holder: Any = inputs
    for key in path[:-1]:
        holder = holder[key]
    if value is None:
        del holder[path[-1]]
    else:
        holder[path[-1]] = value
    return replace(resource, inputs=inputs)


def broken_rules(recording: Recording, name: str, change: Callable[[Resource], Resource]) -> set[str]:
    resources = recorded.resources(recording, "prod")
    assert name in {each.name for each in resources}
    made = [change(each) if each.name == name else each for each in resources]
    left, _ = exceptions.sort_out(judge(RULES, made), EXEMPTIONS)
    return {finding.rule.name for finding in left}


@pytest.mark.parametrize(("rule", "name", "path", "value"), SPOILED, ids=lambda value: str(value)[:40])
def test_a_rule_finds_what_is_spoiled_in_the_program_and_no_other_rule_minds(
    prod: Recording, rule: str, name: str, path: tuple[str | int, ...], value: Any
) -> None:
    assert broken_rules(prod, name, lambda each: spoiled(each, path, value)) == {rule}


@pytest.mark.parametrize("name", ["backend-database", "backend-role", "artifacts-bucket", "backups-versioning"])
def test_data_of_production_without_protection_is_found(prod: Recording, name: str) -> None:
    assert broken_rules(prod, name, lambda each: replace(each, protect=False)) == {"data-protected"}


def test_every_rule_sees_something_in_the_program() -> None:
    assert {rule for rule, *_ in SPOILED} == {rule.name for rule in RULES}
