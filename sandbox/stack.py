"""The Pulumi side of the sandbox: the stack's configuration file, its secrets, and calls of the engine.

Plain `pulumi` commands of a shell with `make env` read the same file: the engine takes every flag from a
PULUMI_OPTION_ variable, so PULUMI_OPTION_CONFIG_FILE leads it to the ignored file instead of the tracked one.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from sandbox import monitoring_stack, network, paths, processes, recovery, stack_file
from sandbox.errors import SandboxError
from sandbox.parts import minio, postgresql
from sandbox.pki import Authority
from sandbox.private_files import secret

PROJECT = "mlflow-platform"
STACK = "dev"
HOST = "mlflow.local"
RUNBOOK_URL = "https://mlflow-platform.example/docs/runbook.md"
"""Of nobody: what links to it is read by tests alone."""
PULUMI_HOME = paths.LOCAL / "pulumi-home"
PULUMI_STATE = paths.LOCAL / "pulumi-state"
BIN = paths.LOCAL / "bin"
SECRETS = paths.LOCAL / "secrets"
KUBECONFIG = paths.LOCAL / "kubeconfig"
CA_FILE = paths.LOCAL / "ca.crt"
AUTHORITY = Authority(SECRETS / "pki")
PASSPHRASE_FILE = SECRETS / "pulumi-passphrase"
UNDECRYPTABLE_CURE = (
    "put it back; or, since it cannot be made anew, run `make down` (which removes the sandbox's data), then `make up`"
)
DESTROY_SECONDS = 240.0
LOCK_SECONDS = 60.0
"""An engine whose caller was killed ends what it has begun within that."""

FOREIGN_SETTINGS = ("PULUMI_CONFIG_PASSPHRASE", "PULUMI_STACK")
"""A person's own; they would win over the sandbox's passphrase file and its selected stack."""


def environment() -> dict[str, str]:
    """What a shell needs to work with the sandbox, secrets by the files that hold them."""
    search = [str(BIN), str(Path(sys.prefix) / "bin"), *os.environ.get("PATH", "").split(os.pathsep)]
    return {
        "KUBECONFIG": str(KUBECONFIG),
        "MLFLOW_TRACKING_URI": f"http://{HOST}",
        "PATH": os.pathsep.join(dict.fromkeys(search)),
        # The backend writes a file of attributes beside each state, and not atomically: an engine that is killed just
        # then leaves an empty one, and a state that no command can read any more ("failed to load checkpoint: EOF").
        "PULUMI_BACKEND_URL": f"file://{PULUMI_STATE}?metadata=skip",
        "PULUMI_CONFIG_PASSPHRASE_FILE": str(PASSPHRASE_FILE),
        "PULUMI_HOME": str(PULUMI_HOME),
        "PULUMI_IGNORE_AMBIENT_PLUGINS": "true",
        "PULUMI_OPTION_CONFIG_FILE": str(stack_file.FILE),
        # `pulumi import` would ask each plugin for its schema to write source from, and the stand-ins carry none.
        "PULUMI_OPTION_GENERATE_CODE": "false",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    } | network.without_proxy()


def database_administrator() -> dict[str, str]:
    """With which programs that use libpq, such as psql, log in as the administrator of the database server."""
    return {
        "PGHOST": network.NODE_ADDRESS,
        "PGPORT": str(postgresql.PORT),
        "PGUSER": postgresql.ADMIN_USER,
        "PGPASSWORD": postgresql.admin_password(SECRETS),
        "PGSSLMODE": "verify-full",
        "PGSSLROOTCERT": str(CA_FILE),
    }


def _generated(authority: Authority, image: str, *, monitoring: bool) -> tuple[dict[str, Any], dict[str, str]]:
    """The values that only this sandbox knows: plain ones and secrets."""
    serving = authority.issue("ingress", common_name=HOST, hosts=[HOST])
    plain: dict[str, Any] = {
        "image": image,
        "tlsCertificateFile": str(serving.certificate),
        "databaseHost": postgresql.HOST,
        "databaseCaFile": str(CA_FILE),
        "databaseAdminHost": network.NODE_ADDRESS,
        "databaseAdminUser": postgresql.ADMIN_USER,
        "databaseAdminSuperuser": True,
        "databasePeers": [{"cidr": f"{network.NODE_ADDRESS}/32"}],
        "artifactEndpoint": f"https://{minio.HOST}:{minio.PORT}",
        "artifactCaFile": str(CA_FILE),
        "artifactAdminServer": f"{network.NODE_ADDRESS}:{minio.PORT}",
        "artifactAdminUser": minio.ADMIN_USER,
        "artifactPeers": [{"cidr": f"{network.NODE_ADDRESS}/32"}],
    }
    secrets = {
        "tlsPrivateKey": serving.key.read_text(),
        "databasePassword": secret(SECRETS / "mlflow-database-password"),
        "databaseReaderPassword": secret(SECRETS / "mlflow-database-reader-password"),
        "databaseAdminPassword": postgresql.admin_password(SECRETS),
        "artifactAdminPassword": minio.admin_password(SECRETS),
    }
    if monitoring:
        plain |= {
            "monitoring": True,
            "monitoringLabels": {"release": monitoring_stack.RELEASE},
            "runbookUrl": RUNBOOK_URL,
            "canary": True,
            "exporter": True,
            "dashboards": True,
        }
    return plain, secrets


def is_made() -> bool:
    """Whether this clone has a stack to work with."""
    return KUBECONFIG.exists() and stack_file.RECORD.exists() and _stack_exists()


def ensure(authority: Authority, image: str, *, monitoring: bool = False) -> None:
    """Makes the stack, its configuration and its encrypted secrets unless they are there.

    Args:
        authority: signs the ingress controller's certificate.
        image: reference of the server's image.
        monitoring: whether there is a Prometheus to be told.
    """
    PULUMI_STATE.mkdir(parents=True, exist_ok=True)
    if _stack_exists() and not PASSPHRASE_FILE.exists():
        raise SandboxError(f"the passphrase of the stack's secrets is missing: {PASSPHRASE_FILE}", UNDECRYPTABLE_CURE)
    secret(PASSPHRASE_FILE)
    shutil.copyfile(authority.certificate, CA_FILE)
    plain, secrets = _generated(authority, image, monitoring=monitoring)
    stack_file.write({f"{PROJECT}:{key}": value for key, value in plain.items()})
    if not _stack_exists():
        _initialise_stack()
    pulumi_output("stack", "select", STACK, "--non-interactive")
    present = stack_file.config(stack_file.FILE)
    for key, value in secrets.items():
        if f"{PROJECT}:{key}" not in present:
            pulumi_output("config", "set", "--secret", key, "--non-interactive", stdin=value)
    demand_passphrase()


def demand_passphrase() -> None:
    """Decrypts one of the stack's secrets, which names a wrong passphrase before anything is changed.

    Raises:
        SandboxError: the passphrase is missing or wrong.
    """
    pulumi_output("config", "get", "databasePassword")


def _initialise_stack() -> None:
    """Makes the stack in a folder of its own, since `stack init` writes a salt beside Pulumi.yaml."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "Pulumi.yaml").write_text(f"name: {PROJECT}\nruntime: python\n")
        processes.output_of(
            [BIN / "pulumi", "stack", "init", STACK, "--non-interactive", f"--cwd={folder}"],
            what="pulumi stack init",
            env=_engine_environment(),
        )
        stack_file.take_salt(stack_file.load(Path(folder) / stack_file.NAME)["encryptionsalt"])


def _engine_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in FOREIGN_SETTINGS} | environment()


def _stack_exists() -> bool:
    return (PULUMI_STATE / ".pulumi" / "stacks" / PROJECT / f"{STACK}.json").exists()


def pulumi_output(*words: str, stdin: str | None = None) -> str:
    """What a quick `pulumi` command prints.

    Raises:
        SandboxError: it failed; with a cure of its own where the passphrase is wrong.
    """
    try:
        return processes.output_of(
            [BIN / "pulumi", *words, f"--cwd={paths.CLONE}"],
            what=f"pulumi {' '.join(words[:2])}",
            stdin=stdin,
            env=_engine_environment(),
        )
    except SandboxError as error:
        if "incorrect passphrase" not in error.detail:
            raise
        raise SandboxError(
            f"the passphrase in {PASSPHRASE_FILE} is not the one of the stack's secrets",
            UNDECRYPTABLE_CURE,
            error.detail,
        ) from error


def pulumi(*words: str, timeout: float | None = None) -> None:
    """Runs a `pulumi` command for a person to watch, on standard error.

    Raises:
        SandboxError: it failed, or took longer than `timeout` seconds.
    """
    # When this process is killed the engine is told to end, instead of holding the stack's lock for nobody.
    code = processes.watch(
        ["setpriv", "--pdeathsig=INT", "--", BIN / "pulumi", *words, f"--cwd={paths.CLONE}", "--non-interactive"],
        env=_engine_environment(),
        timeout=timeout,
    )
    if code != 0:
        raise SandboxError(
            f"pulumi {words[0]} failed with exit code {code}",
            'the lines above name the resource; in a shell with `eval "$(make -s env)"`, '
            "`kubectl get events -A --sort-by=.lastTimestamp` tells what the cluster saw",
        )


def recover() -> None:
    """Makes a stack usable again whose last command was killed: drops its lock, and takes in what it had begun.

    A command that still runs is waited for, and left alone if it goes on.
    """
    deadline = time.monotonic() + LOCK_SECONDS
    if any(_is_held(lock) for lock in _stack_locks()):
        print(f"another pulumi is at work on stack {STACK}: waiting up to {LOCK_SECONDS:.0f} s", file=sys.stderr)
    while any(_is_held(lock) for lock in _stack_locks()) and time.monotonic() < deadline:
        time.sleep(0.5)
    if any(not _is_held(lock) for lock in _stack_locks()):
        pulumi_output("cancel", "--yes", STACK)
    _end_orphaned_plugins()
    refresh = recovery.take_in(lambda words, stdin: pulumi_output(*words, stdin=stdin))
    if refresh is not None:
        pulumi("refresh", "--yes", "--skip-preview", *refresh)


def _end_orphaned_plugins() -> None:
    """Ends this clone's plugins whose engine is gone: that of kubernetes does not notice and stays for ever."""
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            program = (status.parent / "cmdline").read_bytes().partition(b"\0")[0].decode(errors="replace")
            if program.startswith(f"{PULUMI_HOME}/plugins/") and "\nPPid:\t1\n" in status.read_text():
                os.kill(int(status.parent.name), signal.SIGTERM)
        except (FileNotFoundError, ProcessLookupError):
            continue


def _stack_locks() -> list[Path]:
    return list(PULUMI_STATE.glob(f".pulumi/locks/organization/{PROJECT}/{STACK}/*.json"))


def _is_held(lock: Path) -> bool:
    try:
        # Process ids come round again: the holder is an engine.
        return Path(f"/proc/{json.loads(lock.read_text())['pid']}/comm").read_text().strip() == "pulumi"
    except (OSError, ValueError):
        return False  # gone meanwhile, or cut off while it was written


def up() -> bool:
    """Deploys the stack and returns whether that changed anything."""
    recover()
    pulumi("up", "--yes", "--skip-preview")
    last = json.loads(pulumi_output("stack", "history", "--json", "--page-size=1"))[0]
    return set(last["resourceChanges"]) != {"same"}


def destroy() -> None:
    """Removes everything that the stack deployed."""
    if _stack_exists():
        recover()
        pulumi("destroy", "--yes", "--skip-preview", timeout=DESTROY_SECONDS)
