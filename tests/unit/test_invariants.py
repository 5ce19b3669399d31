"""What holds for every resource of both stacks, also with a tunnel, with drills, and with a DataHub."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from components import store_clients
from components.mlflow_server import files
from tests.unit import engine, stack_files

if TYPE_CHECKING:
    from tests.unit.conftest import Deploy
    from tests.unit.engine import Recording, Registration

# By the names of the containers.
IMAGES = {
    "mlflow": "ghcr.io/mlflow/mlflow:v3.17.2-full",
    "migration": "ghcr.io/mlflow/mlflow:v3.17.2-full",
    "canary": "ghcr.io/mlflow/mlflow:v3.17.2-full",
    "garbage-collection": "ghcr.io/mlflow/mlflow:v3.17.2-full",
    "exporter": "ghcr.io/mlflow/mlflow:v3.17.2-full",
    "backup": "registry.example.com/mlflow-backup:1.0",
    "ingestion": "registry.example.com/mlflow-ingestion:1.0",
    "known-revisions": "ghcr.io/mlflow/mlflow:v3.17.2-full",
    "drill-server": "ghcr.io/mlflow/mlflow:v3.17.2-full",
    "envoy": "docker.io/envoyproxy/envoy:distroless-v1.40.0",
    "cloudflared": "docker.io/cloudflare/cloudflared:2026.8.2",
}
# They serve nobody: one pod each, which a drain may take away for a minute.
WATCHERS = {"canary-deployment", "exporter-deployment"}
# Every secret that is given, or that a provider makes.
SECRETS = [
    *stack_files.SECRETS.values(),
    *stack_files.ACCESS_SECRETS.values(),
    *stack_files.EXPORTER_SECRETS.values(),
    *stack_files.BACKUP_SECRETS.values(),
    stack_files.DRILL["databaseDrillPassword"],
    stack_files.DRILL["backupIdentity"],
    stack_files.DATAHUB["datahubToken"],
    "generated-secret-key",
    "generated-access-key",
    engine.CLIENT_SECRET,
    engine.TUNNEL_TOKEN,
]


@pytest.fixture(scope="module")
def drilled(deployed: Deploy) -> Recording:
    """Production whose backups are restored now and then."""
    return deployed("prod", **stack_files.DRILL)


@pytest.fixture(scope="module")
def catalogued(deployed: Deploy) -> Recording:
    """A stack whose DataHub is told what it holds."""
    return deployed("dev", **stack_files.DATAHUB)


@pytest.fixture(params=["dev", "prod", "tunnelled", "drilled", "catalogued"])
def stack(request: pytest.FixtureRequest) -> Recording:
    recording: Recording = request.getfixturevalue(request.param)
    return recording


def kubernetes_objects(recording: Recording) -> list[Registration]:
    return [resource for resource in recording.custom() if resource.type.startswith("kubernetes:")]


def pods(recording: Recording) -> list[dict[str, Any]]:
    specs = [resource.inputs.get("spec", {}) for resource in recording.custom()]
    specs += [spec["jobTemplate"]["spec"] for spec in specs if "jobTemplate" in spec]
    return [spec["template"] for spec in specs if "template" in spec]


def containers(recording: Recording) -> list[dict[str, Any]]:
    specs = [pod["spec"] for pod in pods(recording)]
    return [container for spec in specs for container in (*spec["containers"], *spec.get("initContainers", []))]


def selector(deployment: Registration) -> dict[str, str]:
    wanted: dict[str, str] = deployment.spec["selector"]["matchLabels"]
    return wanted


def labels(pod: dict[str, Any]) -> dict[str, str]:
    carried: dict[str, str] = pod["metadata"]["labels"]
    return carried


def test_every_resource_is_below_a_component(stack: Recording) -> None:
    components = {resource.urn for resource in stack if not resource.custom}

    assert {resource.name for resource in stack.custom() if resource.parent not in components} == set()


def test_every_child_carries_the_name_of_its_component(stack: Recording) -> None:
    names = {resource.urn: resource.name for resource in stack}

    assert [r.name for r in stack.custom() if not r.name.startswith(f"{names[r.parent]}-")] == []


def test_every_resource_has_an_explicit_provider(stack: Recording) -> None:
    providers = {resource.urn for resource in stack if resource.is_provider}

    assert [r.name for r in stack.custom() if r.provider.rpartition("::")[0] not in providers] == []


def test_every_component_registers_its_outputs(stack: Recording) -> None:
    components = {resource.urn for resource in stack if not resource.custom}

    assert components == set(stack.outputs_of)


def test_no_secret_is_readable_in_the_state(stack: Recording) -> None:
    # The id of the account is the access key: an identifier, useless without its secret.
    readable = {resource.name: engine.as_text(resource) for resource in stack}

    assert [name for name, text in readable.items() for secret in SECRETS if secret in text] == []


def test_no_secret_is_a_readable_output(stack: Recording) -> None:
    readable = [value for name, value in stack.exports.items() if name not in stack.secret_exports]
    texts = [*map(str, readable), *map(str, stack.outputs_of.values())]

    assert stack.secret_exports == {"accessServiceTokens"} & set(stack.exports)
    assert [text for text in texts for secret in SECRETS if secret in text] == []


def test_no_pod_has_a_secret_in_its_environment_or_command(stack: Recording) -> None:
    variables = [variable for container in containers(stack) for variable in container.get("env", [])]

    assert [v["name"] for v in variables if "secretKeyRef" in v.get("valueFrom", {})] == []
    assert all("secretRef" not in source for c in containers(stack) for source in c.get("envFrom", []))


def test_every_pod_satisfies_the_restricted_standard(stack: Recording) -> None:
    for pod in pods(stack):
        context = pod["spec"]["securityContext"]
        assert context["runAsNonRoot"] is True
        assert context["runAsUser"] > 0
        assert context["seccompProfile"] == {"type": "RuntimeDefault"}
        assert not {"hostNetwork", "hostPID", "hostIPC"} & set(pod["spec"])
        assert all({"secret", "configMap", "emptyDir"} & set(volume) for volume in pod["spec"]["volumes"])


def test_every_container_is_hardened(stack: Recording) -> None:
    for container in containers(stack):
        context = container["securityContext"]
        assert context["allowPrivilegeEscalation"] is False
        assert context["readOnlyRootFilesystem"] is True
        assert context["capabilities"] == {"drop": ["ALL"]}


def test_every_container_states_what_it_needs(stack: Recording) -> None:
    for container in containers(stack):
        assert set(container["resources"]["requests"]) == {"cpu", "memory"}
        assert set(container["resources"]["limits"]) == {"cpu", "memory"}


def test_no_pod_gets_a_token_or_service_links(stack: Recording) -> None:
    assert all(pod["spec"]["automountServiceAccountToken"] is False for pod in pods(stack))
    assert all(pod["spec"]["enableServiceLinks"] is False for pod in pods(stack))


def test_every_image_is_pinned(stack: Recording) -> None:
    assert [c["name"] for c in containers(stack) if c["image"] != IMAGES[c["name"]]] == []


def test_every_object_has_the_recommended_labels(stack: Recording) -> None:
    wanted = {"app"} | {f"app.kubernetes.io/{x}" for x in ("name", "instance", "component", "part-of", "managed-by")}

    assert [r.name for r in kubernetes_objects(stack) if not wanted <= set(r.metadata["labels"])] == []


def test_every_selector_leaves_out_what_changes(stack: Recording) -> None:
    stable = {"app", *(f"app.kubernetes.io/{x}" for x in ("name", "instance", "component"))}

    assert [r.name for r in stack.of_type("apps/v1:Deployment") if set(selector(r)) != stable] == []


def test_no_selector_matches_pods_of_another_kind(stack: Recording) -> None:
    deployments = stack.of_type("apps/v1:Deployment")
    matching = [[pod for pod in pods(stack) if selector(r).items() <= labels(pod).items()] for r in deployments]

    assert [len(found) for found in matching] == [1] * len(deployments)


def test_only_the_servers_pods_match_the_servers_service(stack: Recording) -> None:
    wanted = stack.called("mlflow-service").spec["selector"]
    matching = [pod for pod in pods(stack) if wanted.items() <= labels(pod).items()]

    assert [pod["spec"]["containers"][0]["name"] for pod in matching] == ["mlflow"]


def test_every_pod_is_confined_to_its_edges_in_and_out(stack: Recording) -> None:
    policies = [policy.spec for policy in stack.of_type("networking.k8s.io/v1:NetworkPolicy")]
    both_ways = [policy for policy in policies if policy["policyTypes"] == ["Ingress", "Egress"]]
    confined = [policy["podSelector"]["matchLabels"] for policy in both_ways if policy["podSelector"]]

    assert [labels(pod) for pod in pods(stack) if not any(c.items() <= labels(pod).items() for c in confined)] == []


def test_every_deployment_that_serves_survives_a_drain_and_is_spread(stack: Recording) -> None:
    budgets = [budget.spec["selector"]["matchLabels"] for budget in stack.of_type("PodDisruptionBudget")]

    for deployment in [each for each in stack.of_type("apps/v1:Deployment") if each.name not in WATCHERS]:
        pod = deployment.spec["template"]["spec"]
        assert selector(deployment) in budgets
        assert deployment.spec["replicas"] == 2
        assert "podAntiAffinity" in pod["affinity"]
        assert len(pod["topologySpreadConstraints"]) == 2


def test_every_settings_path_lies_in_a_mount(stack: Recording) -> None:
    (server,) = [container for container in containers(stack) if container["name"] == "mlflow"]
    mounts = {mount["mountPath"] for mount in server["volumeMounts"]}
    paths = (store_clients.LOGIN_PATH, store_clients.KEY_PATH, store_clients.DATABASE_AUTHORITY_PATH)

    assert {*(path.rpartition("/")[0] for path in paths), files.METRICS_DIR} <= mounts


def test_production_data_is_protected(prod: Recording) -> None:
    protected = {resource.name for resource in prod if resource.protect}

    stores = {f"{bucket}-{part}" for bucket in ("artifacts", "backups") for part in ("bucket", "versioning")}
    assert protected == {"backend-role", "backend-database", *stores}


def test_nothing_of_dev_is_protected(dev: Recording) -> None:
    assert [resource.name for resource in dev if resource.protect] == []


@pytest.mark.parametrize("name", ["dev", "prod"])
def test_a_first_preview_registers_what_an_update_does(deployed: Deploy, name: str) -> None:
    preview, update = deployed(name, preview=True), deployed(name)

    assert {resource.urn for resource in preview} == {resource.urn for resource in update}


def test_the_program_exports_what_others_need(stack: Recording) -> None:
    always = {"url", "trackingUri", "namespace", "service", "bucket", "database", "clientConfigMap", "catalogEntry"}
    with_access = {"audience", "accessServiceTokens"}
    with_backups = {"backupBucket"} if stack.of_type("BackupBucket") else set()

    assert set(stack.exports) - with_access == always | with_backups
    assert with_access <= set(stack.exports) or not stack.of_type("AccessApplication")
    assert stack.exports["trackingUri"] == "http://mlflow.data-platform.svc.cluster.local:5000"
