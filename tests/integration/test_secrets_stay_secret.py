"""No secret of the platform is anywhere but in its own Secret or file."""

from __future__ import annotations

import base64
import subprocess
from typing import TYPE_CHECKING

import pytest

from sandbox import paths, stack
from tests.integration.backends import database_password, server_key
from tests.integration.cluster import NAMESPACE, kubectl, objects, server_pods

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("platform")

LEAST_LENGTH = 20
"""Shorter lines, such as the last one of a PEM file, are found by chance."""
PEM_MARK = "-----"
READ_PROCESSES = """
import pathlib
for entry in pathlib.Path("/proc").iterdir():
    if entry.name.isdigit():
        for file in ("environ", "cmdline"):
            try:
                print(entry.name, file, (entry / file).read_bytes().replace(b"\\0", b" ").decode(errors="replace"))
            except OSError:
                pass
"""


@pytest.fixture(scope="module")
def secrets() -> Mapping[str, str]:
    """Every secret text, by a name for messages: passwords whole, private keys by their lines."""
    found: dict[str, str] = {"the server's bucket key": server_key().secret}
    files = [path for path in stack.SECRETS.rglob("*") if path.is_file() and path.suffix not in {".crt", ".lock"}]
    texts = {path.name: path.read_text() for path in files}
    for each in objects("secrets"):
        for key, value in each["data"].items():
            if key == "tls.crt":
                continue
            found[f"{each['metadata']['name']}/{key} as stored"] = value
            if key == "tls.key":
                texts[key] = base64.b64decode(value).decode()
    for name, text in texts.items():
        for number, line in enumerate(text.splitlines()):
            if len(line) >= LEAST_LENGTH and not line.startswith(PEM_MARK):
                found[f"{name} line {number + 1}"] = line
    assert {database_password(), server_key().secret} <= set(found.values())
    return found


def leaked(secrets: Mapping[str, str], places: Iterator[tuple[str, str]]) -> list[str]:
    """Where which secret was found; never the secret itself, since a failing test is a log too."""
    seen = 0
    found = []
    for place, text in places:
        seen += len(text)
        found += [f"{name} in {place}" for name, secret in secrets.items() if secret in text]
    assert seen, "there was nothing to look into"
    return found


def files_below(*folders: Path) -> Iterator[tuple[str, str]]:
    for folder in folders:
        for path in [folder] if folder.is_file() else sorted(folder.rglob("*")):
            if path.is_file():
                yield str(path), path.read_text(errors="replace")


def test_no_secret_is_in_the_state_or_in_the_stacks_files(secrets: Mapping[str, str]) -> None:
    def places() -> Iterator[tuple[str, str]]:
        exported = subprocess.run(["pulumi", "stack", "export"], capture_output=True, text=True, check=True)
        yield "pulumi stack export", exported.stdout
        yield from files_below(stack.PULUMI_STATE, *paths.LOCAL.glob("*.yaml"), *paths.LOCAL.glob("*.json"))
        # Plugins are programs, which nobody writes to.
        yield from files_below(*(each for each in stack.PULUMI_HOME.iterdir() if each.name != "plugins"))

    assert leaked(secrets, places()) == []


def test_no_secret_is_in_an_object_of_the_cluster_that_is_no_secret(secrets: Mapping[str, str]) -> None:
    kinds = "pods,deployments,replicasets,jobs,configmaps,events,ingresses,services,serviceaccounts,networkpolicies"

    def places() -> Iterator[tuple[str, str]]:
        for kind in kinds.split(","):
            yield kind, kubectl("get", kind, "--all-namespaces", "--output=json")

    assert leaked(secrets, places()) == []


def test_no_secret_is_in_the_environment_or_on_the_command_line_of_a_process(secrets: Mapping[str, str]) -> None:
    def places() -> Iterator[tuple[str, str]]:
        for pod in server_pods():
            command = ["exec", f"--namespace={NAMESPACE}", pod, "--", "python3", "-c", READ_PROCESSES]
            told = kubectl(*command)
            assert "MLFLOW_BACKEND_STORE_URI" in told
            yield f"a process of {pod}", told
        host = subprocess.run(["python3", "-c", READ_PROCESSES], capture_output=True, text=True, check=True)
        assert "minio" in host.stdout
        yield "a process of the host", host.stdout

    assert leaked(secrets, places()) == []


def test_no_secret_is_in_a_log(secrets: Mapping[str, str]) -> None:
    def places() -> Iterator[tuple[str, str]]:
        for pod in objects("pods"):
            name = pod["metadata"]["name"]
            yield name, kubectl("logs", f"--namespace={NAMESPACE}", name, "--all-containers")
        for namespace in ("ingress-nginx", "kube-system"):
            yield namespace, kubectl("logs", f"--namespace={namespace}", "--selector=purpose!=test", "--tail=-1")
        yield from files_below(paths.LOGS)

    assert leaked(secrets, places()) == []
