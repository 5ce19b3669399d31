"""Each trouble of the guide is made; it shows as the guide says, and goes by the guide's own commands."""

from __future__ import annotations

import datetime as dt
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests

from sandbox import stack
from sandbox.parts import postgresql
from tests import troubleshooting
from tests.integration import troubles
from tests.integration.cluster import NAMESPACE, SERVER, kubectl, server_pods, wait_for, wait_until_rolled_out
from tests.integration.load import PLATFORM
from tests.integration.stacks import Stack
from tests.integration.test_service_catalog import WORKER, worker
from tests.troubleshooting import Entry

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.usefixtures("platform")

HERE = f"--namespace={NAMESPACE}"
PATIENCE = 180.0
SECURE = f"https://{stack.HOST}/version"
SEARCH = "/api/2.0/mlflow/experiments/search?max_results=1"
SERVICE = f"http://mlflow.{NAMESPACE}.svc.cluster.local:5000"
TASK = (
    *("exec", HERE, f"statefulset/{WORKER}", "--", "env", f"MLFLOW_TRACKING_URI={SERVICE}"),
    *("MLFLOW_HTTP_REQUEST_MAX_RETRIES=0", "MLFLOW_HTTP_REQUEST_TIMEOUT=5", "RES_OPTIONS=timeout:2 attempts:1"),
    *("python3", "-c", "import mlflow; mlflow.search_experiments()"),
)
"""What a task does, without the minutes for which a client tries again."""
STRANGER = "a-report"
FORGOTTEN = "a-job-that-is-gone"
FORWARDED = "http://localhost:8080"


@pytest.fixture(scope="module", autouse=True)
def dev() -> Iterator[Stack]:
    """The platform's stack, of which the guide has in the end mended everything."""
    platform = Stack()
    yield platform
    left = platform.run("preview", "--refresh", "--expect-no-changes")
    if left.returncode != 0:
        platform.up("--refresh")
    assert left.returncode == 0, left.stdout


def shell(*commands: str, **more: str) -> str:
    """What commands of the guide print to somebody who has selected the stack, and may administer the database."""
    platform = Stack()
    administration = stack.database_administrator()
    environment = {**platform.environment, "PULUMI_STACK": platform.name, **administration, **more}
    return troubleshooting.shell(*commands, environment=environment)


def shown(entry: Entry, *words: str) -> str:
    """What kubectl prints, once the first line of the symptom is in it."""
    printed = ""

    def there() -> bool:
        nonlocal printed
        printed = kubectl(*words)
        return entry.symptom[0] not in entry.missing(printed)

    wait_for(there, entry.symptom[0], PATIENCE)
    return printed


@pytest.mark.full
def test_a_deployment_that_somebody_changed() -> None:
    entry = Entry.called("Pods in CrashLoopBackOff")
    troubles.give_an_option_that_is_none()
    listed = shown(entry, "get", "pods", HERE, f"--selector={SERVER}")
    told = shell(entry.check, *entry.cures)

    assert entry.missing(listed + told) == []
    assert troubles.NO_OPTION in told
    wait_for(lambda: "CrashLoopBackOff" not in kubectl("get", "pods", HERE, f"--selector={SERVER}"), "its end")


def test_workers_that_nobody_has_declared(dev: Stack, server_image: str) -> None:
    entry = Entry.called("A scheduler's tasks do not reach MLflow")
    try:
        with worker(server_image, {}):
            failure = kubectl(*TASK, check=False)
            told = shell(entry.check, *entry.cures)
            kubectl(*TASK)
    finally:
        dev.run("config", "rm", "clientPeers")
        dev.up()

    assert entry.missing(failure) == []
    assert "no way in" in told
    assert f'"app.kubernetes.io/name":"{WORKER}"' in told


def test_a_policy_without_the_bucket() -> None:
    entry = Entry.called("Artifacts cannot be uploaded")
    path = f"{PLATFORM.artifacts}/troubleshooting/file.txt"
    troubles.take_the_bucket_away()
    failure = requests.put(path, data=b"content", timeout=60)
    told = shell(entry.check, *entry.cures)

    assert failure.status_code >= 500
    assert entry.missing(failure.text + told) == []
    assert "artifacts-policy" in told
    requests.put(path, data=b"content", timeout=60).raise_for_status()
    requests.delete(path, timeout=60).raise_for_status()


@pytest.mark.full
def test_a_memory_limit_that_is_too_low() -> None:
    entry = Entry.called("OOMKilled")
    by_hand, _ = entry.cures
    before = kubectl("get", "deployment/mlflow", HERE, "--output=jsonpath={.spec.template.spec.containers[0]}")
    troubles.lower_the_memory_limit()

    def restarted() -> bool:
        described = kubectl("describe", "pods", HERE, f"--selector={SERVER}").partition("Last State")[2]
        return entry.missing(described) == []

    wait_for(restarted, "a container that was killed for its memory", PATIENCE)
    told = shell(entry.check, by_hand)

    assert entry.missing(told) == []
    assert troubles.TOO_LITTLE in told
    assert kubectl("get", "deployment/mlflow", HERE, "--output=jsonpath={.spec.template.spec.containers[0]}") == before


def test_a_transaction_that_somebody_forgot() -> None:
    entry = Entry.called("Slow pages and time-outs")
    search, query = f"{PLATFORM.api}/runs/search", {"experiment_ids": ["0"]}
    with troubles.a_forgotten_transaction() as pid:
        with pytest.raises(requests.exceptions.ReadTimeout) as failure:
            requests.post(search, json=query, timeout=5)
        told = shell(entry.check, *entry.cures)

    assert entry.missing(str(failure.value)) == []
    (row,) = [line for line in told.splitlines() if "LOCK TABLE runs" in line]
    assert "idle in transaction" in row
    assert f"{{{pid}}}" in told
    requests.post(search, json=query, timeout=60).raise_for_status()


@contextmanager
def forwarded() -> Iterator[None]:
    """The Service at a port of this machine with another number than its own."""
    words = ["kubectl", "port-forward", HERE, "service/mlflow", "8080:5000"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as forward:
        assert forward.stdout
        assert forward.stdout.readline().startswith("Forwarding from")
        try:
            yield
        finally:
            forward.kill()


def test_a_port_that_is_forwarded_to_another_number() -> None:
    entry = Entry.called("Invalid Host header")
    same_number, _ = entry.cures
    session = requests.Session()
    session.trust_env = False
    with forwarded():
        failure = session.get(FORWARDED + SEARCH, timeout=30)
    told = shell(entry.check, same_number)

    assert failure.status_code == 403
    assert entry.missing(failure.text + told) == []
    assert '"experiments"' in told


def test_somebody_who_uses_up_the_connections_of_the_server() -> None:
    entry = Entry.called("Too many connections")
    with troubles.every_connection_taken(STRANGER):
        wait_for(lambda: entry.missing(shell(entry.check)) == [], "the server to be refused", PATIENCE)
        told = shell(entry.check, *entry.cures, STRANGER=STRANGER)

    assert STRANGER in told
    wait_until_rolled_out()
    wait_for(lambda: requests.get(f"http://{stack.HOST}{SEARCH}", timeout=30).ok, "the server to find its way back")


@pytest.fixture
def certificate(dev: Stack) -> Iterator[Path]:
    """The certificate that the route has before, while it has one that ended a minute ago."""
    ended = stack.AUTHORITY.issue(
        "ended", common_name=stack.HOST, hosts=[stack.HOST], valid_for=dt.timedelta(minutes=-1)
    )
    before = Path(dev.succeed("config", "get", "tlsCertificateFile").strip())
    dev.succeed("config", "set", "tlsCertificateFile", str(ended.certificate))
    dev.succeed("config", "set", "--secret", "tlsPrivateKey", stdin=ended.key.read_text())
    try:
        dev.up()
        yield before
    finally:
        dev.succeed("config", "set", "tlsCertificateFile", str(before))
        dev.succeed("config", "set", "--secret", "tlsPrivateKey", stdin=before.with_suffix(".key").read_text())
        for file in (ended.certificate, ended.key):
            file.unlink()


def refusal() -> str:
    """Why a client does not trust the public route; nothing when it does."""
    try:
        requests.get(SECURE, verify=str(stack.CA_FILE), timeout=30)
    except requests.exceptions.SSLError as error:
        return str(error)
    return ""


@pytest.mark.full
def test_a_certificate_that_has_ended(certificate: Path) -> None:
    entry = Entry.called("The certificate has expired")
    wait_for(lambda: entry.missing(refusal()) == [], "the ingress controller to show the certificate")
    told = shell(
        entry.check, *entry.cures, CERTIFICATE=str(certificate), PRIVATE_KEY=str(certificate.with_suffix(".key"))
    )

    assert "notAfter=" in told
    wait_for(lambda: refusal() == "", "the ingress controller to show the new certificate")


@pytest.mark.full
def test_an_image_that_nobody_has() -> None:
    entry = Entry.called("ImagePullBackOff")
    pods = server_pods()
    troubles.set_an_image_that_nobody_has()
    listed = shown(entry, "get", "pods", HERE, f"--selector={SERVER}")
    told = shell(entry.check, *entry.cures)

    assert entry.missing(listed + told) == []
    assert sorted(server_pods()) == sorted(pods)


@pytest.mark.full
def test_a_lock_of_a_job_that_is_gone() -> None:
    entry = Entry.called("The migration does not begin")
    name = "troubleshooting"
    try:
        with troubles.the_lock_held(FORGOTTEN):
            kubectl("create", "job", name, HERE, "--from=cronjob/mlflow-migrate")
            wait_for(lambda: entry.missing(shell(entry.check)) == [], "an attempt to give up", PATIENCE)
            told = shell(entry.check, *entry.cures, HOLDER=FORGOTTEN)
            assert FORGOTTEN in told
            kubectl("wait", f"job/{name}", HERE, "--for=condition=complete", "--timeout=180s", timeout=200)
    finally:
        kubectl("delete", "job", name, HERE, "--ignore-not-found")


@pytest.mark.full
def test_an_administrator_with_another_password(dev: Stack, tmp_path: Path) -> None:
    entry = Entry.called("The administrator is refused")
    password = postgresql.admin_password(stack.SECRETS)
    (tmp_path / "password").write_text(f"{password}\n")
    dev.succeed("config", "set", "--secret", "databaseAdminPassword", stdin="another one")
    try:
        # Nothing of the database changes by this one, so that nobody logs in.
        dev.up()
        failure = dev.fail("up", "--yes", "--skip-preview", "--refresh")
        told = shell(entry.check, *entry.cures, PASSWORD_FILE=str(tmp_path / "password"))
        assert dev.succeed("config", "get", "databaseAdminPassword").strip() == password
    finally:
        dev.succeed("config", "set", "--secret", "databaseAdminPassword", stdin=password)

    assert entry.missing(failure) == []
    assert postgresql.ADMIN_USER in told


@pytest.mark.full
def test_an_update_that_was_killed(dev: Stack) -> None:
    entry = Entry.called("An update was killed")
    troubles.kill_an_update(dev)
    failure = dev.fail("up", "--yes", "--skip-preview")
    shell(entry.check, *entry.cures)

    assert entry.missing(failure) == []
    assert "pending_operations" not in dev.deployment()
