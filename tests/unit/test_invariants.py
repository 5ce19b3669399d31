"""What holds for every resource of both stacks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from components.mlflow_server import files
from tests.unit import engine, stack_files

if TYPE_CHECKING:
    from tests.unit.conftest import Deploy
    from tests.unit.engine import Recording, Registration

# What dev and prod may set differently; anything else belongs into a default.
MAY_DIFFER = {
    "host",
    "tlsRequired",
    "tlsSecret",
    "namespaceCreate",
    "protectData",
    "replicas",
    "databaseAdminUser",
    "databaseCaFile",
    "artifactAdminServer",
    "artifactAdminUser",
    "artifactCaFile",
}


def kubernetes_objects(recording: Recording) -> list[Registration]:
    return [resource for resource in recording.custom() if resource.type.startswith("kubernetes:")]


def pods(recording: Recording) -> list[dict[str, Any]]:
    return [r.spec["template"] for r in recording.custom() if "template" in r.inputs.get("spec", {})]


def containers(recording: Recording) -> list[dict[str, Any]]:
    return [container for pod in pods(recording) for container in pod["spec"]["containers"]]


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
    secrets = [*stack_files.SECRETS.values(), "generated-secret-key", "generated-access-key"]
    # The id of the account is the access key: an identifier, useless without its secret.
    readable = {resource.name: engine.as_text(resource) for resource in stack}

    assert [name for name, text in readable.items() for secret in secrets if secret in text] == []


def test_no_secret_is_an_output(stack: Recording) -> None:
    texts = [*map(str, stack.exports.values()), *map(str, stack.outputs_of.values())]

    assert stack.secret_exports == set()
    assert [text for text in texts for secret in stack_files.SECRETS.values() if secret in text] == []


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
    images = {container["image"] for container in containers(stack)}

    assert images == {"ghcr.io/mlflow/mlflow:v3.17.2-full"}


def test_every_object_has_the_recommended_labels(stack: Recording) -> None:
    wanted = {"app"} | {f"app.kubernetes.io/{x}" for x in ("name", "instance", "component", "part-of", "managed-by")}

    assert [r.name for r in kubernetes_objects(stack) if not wanted <= set(r.metadata["labels"])] == []


def test_every_selector_leaves_out_what_changes(stack: Recording) -> None:
    selector = stack.one("apps/v1:Deployment").spec["selector"]["matchLabels"]

    assert set(selector) == {"app", *(f"app.kubernetes.io/{x}" for x in ("name", "instance", "component"))}


def test_only_the_servers_pods_match_the_servers_selector(stack: Recording) -> None:
    selector = stack.one("core/v1:Service").spec["selector"]
    matching = [pod for pod in pods(stack) if selector.items() <= pod["metadata"]["labels"].items()]

    assert [pod["spec"]["containers"][0]["name"] for pod in matching] == ["mlflow"]


def test_every_settings_path_lies_in_a_mount(stack: Recording) -> None:
    mounts = {mount["mountPath"] for mount in containers(stack)[-1]["volumeMounts"]}

    assert {files.DATABASE_LOGIN_DIR, files.BUCKET_KEY_DIR, files.AUTHORITIES_DIR, files.METRICS_DIR} <= mounts


def test_production_data_is_protected(prod: Recording) -> None:
    protected = {resource.name for resource in prod if resource.protect}

    assert protected == {"backend-role", "backend-database", "artifacts-bucket", "artifacts-versioning"}


def test_nothing_of_dev_is_protected(dev: Recording) -> None:
    assert [resource.name for resource in dev if resource.protect] == []


def test_dev_and_prod_differ_only_where_they_may() -> None:
    dev, prod = stack_files.stack_file("dev"), stack_files.stack_file("prod")
    different = {key for key in dev.keys() | prod.keys() if dev.get(key) != prod.get(key)}

    assert different <= MAY_DIFFER


@pytest.mark.parametrize("name", ["dev", "prod"])
def test_a_forgotten_provider_is_an_error(name: str) -> None:
    assert stack_files.stack_file(name)["pulumi:disable-default-providers"] == ["*"]


def test_dev_and_prod_have_the_same_resources_except_what_an_own_namespace_needs(
    dev: Recording, prod: Recording
) -> None:
    own_namespace = {"platform-namespace", "platform-default-deny", "mlflow-client-edges-1"}
    names = [{(resource.type, resource.name) for resource in recording} for recording in (dev, prod)]

    assert {name for _, name in names[0] ^ names[1]} == own_namespace


@pytest.mark.parametrize("name", ["dev", "prod"])
def test_a_first_preview_registers_what_an_update_does(deployed: Deploy, name: str) -> None:
    preview, update = deployed(name, preview=True), deployed(name)

    assert {resource.urn for resource in preview} == {resource.urn for resource in update}


def test_the_program_exports_what_others_need(stack: Recording) -> None:
    assert set(stack.exports) == {"url", "trackingUri", "namespace", "service", "bucket", "database"}
    assert stack.exports["trackingUri"] == "http://mlflow.data-platform.svc.cluster.local:5000"
