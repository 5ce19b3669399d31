"""The Pulumi side of the sandbox: the stack's configuration file, its secrets, and calls of the engine.

Plain `pulumi` commands of a shell with `make env` read the same file: the engine takes every flag from a
PULUMI_OPTION_ variable, so PULUMI_OPTION_CONFIG_FILE leads it to the ignored file instead of the tracked one.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from sandbox import network, paths, processes
from sandbox.engine.install import PluginOrigin, install_language_host, install_plugins
from sandbox.errors import SandboxError
from sandbox.parts import minio, postgresql
from sandbox.private_files import secret, write_private

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.pki import Authority
    from sandbox.toolchain.tools import Toolchain

PROJECT = "mlflow-platform"
STACK = "dev"
HOST = "mlflow.local"
TRACKED_FILE = paths.CLONE / f"Pulumi.{STACK}.yaml"
STACK_FILE = paths.LOCAL / f"Pulumi.{STACK}.yaml"
RECORD_FILE = paths.LOCAL / "stack-file-record.json"
PULUMI_HOME = paths.LOCAL / "pulumi-home"
PULUMI_STATE = paths.LOCAL / "pulumi-state"
BIN = paths.LOCAL / "bin"
SECRETS = paths.LOCAL / "secrets"
KUBECONFIG = paths.LOCAL / "kubeconfig"
CA_FILE = paths.LOCAL / "ca.crt"
PASSPHRASE_FILE = SECRETS / "pulumi-passphrase"


def environment() -> dict[str, str]:
    """What a shell needs to work with the sandbox, secrets by the files that hold them."""
    search = [str(BIN), str(Path(sys.prefix) / "bin"), *os.environ.get("PATH", "").split(os.pathsep)]
    return {
        "KUBECONFIG": str(KUBECONFIG),
        "MLFLOW_TRACKING_URI": f"http://{HOST}",
        "PATH": os.pathsep.join(dict.fromkeys(search)),
        "PULUMI_BACKEND_URL": f"file://{PULUMI_STATE}",
        "PULUMI_CONFIG_PASSPHRASE_FILE": str(PASSPHRASE_FILE),
        "PULUMI_HOME": str(PULUMI_HOME),
        "PULUMI_IGNORE_AMBIENT_PLUGINS": "true",
        "PULUMI_OPTION_CONFIG_FILE": str(STACK_FILE),
        # `pulumi import` would ask each plugin for its schema to write source from, and the stand-ins carry none.
        "PULUMI_OPTION_GENERATE_CODE": "false",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }


def install_engine(tools: Toolchain) -> list[PluginOrigin]:
    """Lays out the engine, its language host and its plugins for this clone, and says where each plugin came from."""
    BIN.mkdir(parents=True, exist_ok=True)
    for name in ("kubectl", "minio"):
        _replace_link(BIN / name, tools[name])
    pulumi = BIN / "pulumi"
    if (tools["pulumi"].parent / "pulumi-language-python").exists():
        _replace_link(pulumi, tools["pulumi"])
    else:
        # The engine looks for language hosts beside its own file, which a symbolic link would lead elsewhere.
        pulumi.unlink(missing_ok=True)
        try:
            pulumi.hardlink_to(tools["pulumi"])
        except OSError:
            shutil.copy2(tools["pulumi"], pulumi)
        install_language_host(BIN)
    official_home = Path(os.environ.get("PULUMI_HOME") or Path.home() / ".pulumi")
    return install_plugins(
        PULUMI_HOME,
        Path(sys.executable),
        official_home if official_home != PULUMI_HOME else None,
        kubernetes=tools["pulumi-resource-kubernetes"],
        pulumi=pulumi,
    )


def _replace_link(link: Path, target: Path) -> None:
    if link.is_symlink() and link.readlink() == target:
        return
    link.unlink(missing_ok=True)
    link.symlink_to(target)


def _generated(authority: Authority, image: str) -> tuple[dict[str, Any], dict[str, str]]:
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
        "databaseAdminPassword": postgresql.admin_password(SECRETS),
        "artifactAdminPassword": minio.admin_password(SECRETS),
    }
    return plain, secrets


def merged(
    tracked: Mapping[str, Any], generated: Mapping[str, Any], local: Mapping[str, Any], before: Mapping[str, Any]
) -> dict[str, Any]:
    """The stack's configuration: what changed in the tracked file or the sandbox since `before`, over what is there.

    So an edit of the tracked file arrives, and a value that somebody set by `pulumi config set` in the sandbox's shell
    stays.

    Args:
        tracked: the configuration of the tracked file.
        generated: the sandbox's own values, which win over the tracked ones.
        local: the configuration as it is now.
        before: the last result of tracked and generated together.
    """
    wanted = {**tracked, **generated}
    result = {key: value for key, value in local.items() if key in wanted or key not in before}
    return result | {key: value for key, value in wanted.items() if key not in result or before.get(key) != value}


def write_stack_file(generated: Mapping[str, Any]) -> None:
    """Brings the sandbox's stack file up to date with the tracked one and with the sandbox's own values."""
    tracked = yaml.safe_load(TRACKED_FILE.read_text()).get("config", {})
    document = yaml.safe_load(STACK_FILE.read_text()) if STACK_FILE.exists() else {}
    record = json.loads(RECORD_FILE.read_text()) if RECORD_FILE.exists() else {"tracked": {}, "generated": {}}
    before = {**record["tracked"], **record["generated"]}
    document["config"] = merged(tracked, generated, document.get("config") or {}, before)
    _write_document(document)
    write_private(RECORD_FILE, json.dumps({"tracked": tracked, "generated": generated}))


def refresh_stack_file() -> None:
    """Brings edits of the tracked stack file into the sandbox's."""
    write_stack_file(json.loads(RECORD_FILE.read_text())["generated"])


def ensure(authority: Authority, image: str) -> None:
    """Makes the stack, its configuration and its encrypted secrets unless they are there."""
    PULUMI_STATE.mkdir(parents=True, exist_ok=True)
    secret(PASSPHRASE_FILE)
    shutil.copyfile(authority.certificate, CA_FILE)
    plain, secrets = _generated(authority, image)
    write_stack_file({f"{PROJECT}:{key}": value for key, value in plain.items()})
    if not _stack_exists():
        _initialise_stack()
    pulumi_output("stack", "select", STACK, "--non-interactive")
    present = yaml.safe_load(STACK_FILE.read_text())["config"]
    for key, value in secrets.items():
        if f"{PROJECT}:{key}" not in present:
            pulumi_output("config", "set", "--secret", key, "--non-interactive", stdin=value)


def _initialise_stack() -> None:
    """Makes the stack in a folder of its own, since `stack init` writes a salt beside Pulumi.yaml."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "Pulumi.yaml").write_text(f"name: {PROJECT}\nruntime: python\n")
        processes.output_of(
            [BIN / "pulumi", "stack", "init", STACK, "--non-interactive", f"--cwd={folder}"],
            what="pulumi stack init",
            env=os.environ | environment(),
        )
        made = yaml.safe_load((Path(folder) / TRACKED_FILE.name).read_text())
    document = yaml.safe_load(STACK_FILE.read_text())
    # The old salt's secrets, if there were any, went with the old stack.
    document["config"] = {key: value for key, value in document["config"].items() if not _is_secret(value)}
    _write_document(document | {"encryptionsalt": made["encryptionsalt"]})


def _is_secret(value: object) -> bool:
    return isinstance(value, dict) and "secure" in value


def _write_document(document: Mapping[str, Any]) -> None:
    text = "# Made by `make up` from Pulumi.dev.yaml and the sandbox's addresses and secrets.\n"
    write_private(STACK_FILE, text + yaml.safe_dump(dict(document), sort_keys=True))


def _stack_exists() -> bool:
    return (PULUMI_STATE / ".pulumi" / "stacks" / PROJECT / f"{STACK}.json").exists()


def pulumi_output(*words: str, stdin: str | None = None) -> str:
    """What a quick `pulumi` command prints."""
    return processes.output_of(
        [BIN / "pulumi", *words, f"--cwd={paths.CLONE}"],
        what=f"pulumi {' '.join(words[:2])}",
        stdin=stdin,
        env=os.environ | environment(),
    )


def pulumi(*words: str) -> None:
    """Runs a `pulumi` command for a person to watch, on standard error.

    Raises:
        SandboxError: it failed.
    """
    done = subprocess.run(
        [BIN / "pulumi", *words, f"--cwd={paths.CLONE}", "--non-interactive"],
        env=os.environ | environment(),
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr,
        check=False,
    )
    if done.returncode != 0:
        raise SandboxError(
            f"pulumi {words[0]} failed with exit code {done.returncode}",
            'the lines above name the resource; in a shell with `eval "$(make -s env)"`, '
            "`kubectl get events -A --sort-by=.lastTimestamp` tells what the cluster saw",
        )


def recover() -> None:
    """Makes a stack usable again whose last command was killed: drops its lock, and takes in what it had begun.

    A command that still runs is left alone.
    """
    for lock in PULUMI_STATE.glob(f".pulumi/locks/organization/{PROJECT}/{STACK}/*.json"):
        if not Path(f"/proc/{json.loads(lock.read_text())['pid']}").exists():
            pulumi_output("cancel", "--yes", STACK)
            break
    deployment = json.loads(pulumi_output("stack", "export"))["deployment"]
    if deployment.get("pending_operations"):
        pulumi("refresh", "--yes", "--skip-preview", "--clear-pending-creates")


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
        pulumi("destroy", "--yes", "--skip-preview")
