"""Production, rehearsed in the sandbox: the tracked configuration of stack `prod` under its real host name.

Only addresses, credentials and Cloudflare's base URL are overridden, by configuration. What belongs to other teams on
the real platform (the namespace, the certificate, the administrators' accounts) is made here before.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
from typing import TYPE_CHECKING, Any

import httpx
import psycopg
import urllib3
import yaml
from minio import MinioAdmin
from minio.credentials.providers import StaticProvider
from psycopg import sql

from sandbox import backup_keys, network, paths, processes, stack, stack_file
from sandbox.errors import SandboxError
from sandbox.parts import cloudflare, minio, postgresql
from sandbox.parts.cloudflare import Cloudflare
from sandbox.private_files import secret, write_private

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

STACK = "prod"
TRACKED = paths.CLONE / "Pulumi.prod.yaml"
FOLDER = paths.LOCAL / "rehearsal"
STATE = FOLDER / "state"
FILE = FOLDER / "Pulumi.prod.yaml"
DATABASE_ADMIN = "mlflow_admin"
LOG_RECEIVER = "mlflow_log"
BUCKET_ADMIN = "mlflow-admin"
NAMESPACE = "data-platform"


def value(key: str) -> str:
    """A value of the tracked production configuration."""
    return str(stack_file.config(TRACKED)[f"{stack.PROJECT}:{key}"])


def part() -> Cloudflare:
    """Cloudflare's double for the production configuration."""
    return Cloudflare(zone=value("cloudflareZone"), team_domain=value("accessTeamDomain"), public_host=value("host"))


def environment() -> dict[str, str]:
    """What a shell needs to work with the rehearsed stack."""
    return stack.environment() | {
        "MLFLOW_TRACKING_URI": f"https://{value('host')}",
        "PULUMI_BACKEND_URL": f"file://{STATE}?metadata=skip",
        "PULUMI_OPTION_CONFIG_FILE": str(FILE),
        "PULUMI_STACK": STACK,
    }


IMAGES = {"mlflow": "image", "envoy": "gatewayImage", "backup": "backupImage", "ingestion": "datahubImage"}
"""The key that names each of the images."""


def overrides(images: Mapping[str, str]) -> dict[str, Any]:
    """Where things are in the sandbox, and under which names its owners know the program.

    Args:
        images: References, by the names in `IMAGES`.
    """
    return {
        **{key: images[name] for name, key in IMAGES.items()},
        "backupRecipients": backup_keys.recipients(),
        "backupDrill": True,
        "databaseAdminHost": network.NODE_ADDRESS,
        "databaseCaFile": str(stack.CA_FILE),
        "databasePeers": [{"cidr": f"{network.NODE_ADDRESS}/32"}],
        "artifactAdminServer": f"{network.NODE_ADDRESS}:{minio.PORT}",
        "artifactCaFile": str(stack.CA_FILE),
        "artifactPeers": [{"cidr": f"{network.NODE_ADDRESS}/32"}],
        "accessOrigin": network.INGRESS_ADDRESS,
        "accessKeysCaFile": str(stack.CA_FILE),
        # The canary's way out leads there too, unless canaryPublicPeers says something else.
        "accessKeysPeers": [{"cidr": f"{network.EDGE_ADDRESS}/32"}],
        "canaryPublicCaFile": str(stack.CA_FILE),
        "runbookUrl": stack.RUNBOOK_URL,
        "cloudflareBaseUrl": cloudflare.API_URL,
        "cloudflareAccountId": cloudflare.ACCOUNT_ID,
        "cloudflareZoneId": cloudflare.zone_id(value("cloudflareZone")),
    }


def _secrets() -> dict[str, str]:
    return {
        "databasePassword": secret(stack.SECRETS / "rehearsal-database-password"),
        "databaseReaderPassword": secret(stack.SECRETS / "rehearsal-database-reader-password"),
        "databaseAdminPassword": secret(stack.SECRETS / "rehearsal-database-admin-password"),
        "databaseBackupPassword": secret(stack.SECRETS / "rehearsal-database-backup-password"),
        "databaseDrillPassword": secret(stack.SECRETS / "rehearsal-database-drill-password"),
        "databaseReplicationPassword": secret(stack.SECRETS / "rehearsal-database-replication-password"),
        "artifactAdminPassword": secret(stack.SECRETS / "rehearsal-artifact-admin-password"),
        "backupIdentity": backup_keys.drill_identity(),
        "cloudflareApiToken": cloudflare.api_token(stack.SECRETS),
    }


def pulumi(*words: str, stdin: str | None = None) -> str:
    """What a `pulumi` command on the rehearsed stack prints.

    Raises:
        SandboxError: it failed; carries what it said.
    """
    settings = {name: given for name, given in os.environ.items() if name not in stack.FOREIGN_SETTINGS}
    return processes.output_of(
        [stack.BIN / "pulumi", *words, f"--cwd={paths.CLONE}", "--non-interactive"],
        what=f"pulumi {' '.join(words[:2])} of the rehearsal",
        stdin=stdin,
        env=settings | environment(),
        timeout=600,
    )


def make_stack(images: Mapping[str, str]) -> None:
    """Makes the stack's state and configuration anew; `overrides` tells the argument."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    STATE.mkdir(parents=True)
    (FOLDER / "Pulumi.yaml").write_text(f"name: {stack.PROJECT}\nruntime: python\n")
    settings = os.environ | environment()
    settings.pop("PULUMI_OPTION_CONFIG_FILE")
    settings.pop("PULUMI_STACK")
    processes.output_of(
        [stack.BIN / "pulumi", "stack", "init", STACK, f"--cwd={FOLDER}", "--non-interactive"],
        what="pulumi stack init",
        env=settings,
    )
    document = yaml.safe_load(FILE.read_text())
    ours = {f"{stack.PROJECT}:{key}": given for key, given in overrides(images).items()}
    document["config"] = stack_file.config(TRACKED) | ours
    write_private(FILE, yaml.safe_dump(document))
    for key, given in _secrets().items():
        pulumi("config", "set", "--secret", key, stdin=given)


def make_surroundings(kubectl: Path) -> None:
    """Makes what other teams own: the namespace, the certificate that cert-manager would keep, the administrators."""
    serving = stack.AUTHORITY.issue("production", common_name=value("host"), hosts=[value("host")])
    labels = {
        "app.kubernetes.io/part-of": "mlflow-platform",
        "pod-security.kubernetes.io/enforce": "restricted",
    }
    encoded = {
        "tls.crt": base64.b64encode(serving.certificate.read_bytes()).decode(),
        "tls.key": base64.b64encode(serving.key.read_bytes()).decode(),
    }
    objects = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE, "labels": labels}},
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "type": "kubernetes.io/tls",
            "metadata": {"name": value("tlsSecret"), "namespace": NAMESPACE},
            "data": encoded,
        },
    ]
    processes.output_of(
        [kubectl, f"--kubeconfig={stack.KUBECONFIG}", "apply", "--filename=-"],
        what="making the rehearsal's namespace",
        stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}),
    )
    secrets = _secrets()
    _make_database_administrator(secrets["databaseAdminPassword"])
    _make_log_receiver(secrets["databaseReplicationPassword"])
    administration = MinioAdmin(
        endpoint=f"{network.NODE_ADDRESS}:{minio.PORT}",
        credentials=StaticProvider(minio.ADMIN_USER, minio.admin_password(stack.SECRETS)),
        http_client=urllib3.PoolManager(ca_certs=str(stack.CA_FILE)),
    )
    administration.user_add(BUCKET_ADMIN, secrets["artifactAdminPassword"])
    administration.policy_set("consoleAdmin", user=BUCKET_ADMIN)


def database_administration(database: str) -> psycopg.Connection[tuple[Any, ...]]:
    """A connection to a database as the administrator of the whole server, whom production is not given."""
    return psycopg.connect(
        host=network.NODE_ADDRESS,
        port=postgresql.PORT,
        dbname=database,
        user=postgresql.ADMIN_USER,
        password=postgresql.admin_password(stack.SECRETS),
        sslmode="verify-full",
        sslrootcert=str(stack.CA_FILE),
        autocommit=True,
    )


def _make_database_administrator(password: str) -> None:
    with database_administration("postgres") as connection:
        name = sql.Identifier(DATABASE_ADMIN)
        connection.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(name))
        connection.execute(
            sql.SQL("CREATE ROLE {} LOGIN CREATEDB CREATEROLE PASSWORD {}").format(name, sql.Literal(password))
        )


def _make_log_receiver(password: str) -> None:
    """Makes the role that docs/point-in-time.md asks of the server's administrator."""
    with database_administration("postgres") as connection:
        name = sql.Identifier(LOG_RECEIVER)
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN REPLICATION PASSWORD {}").format(name, sql.Literal(password)))
        connection.execute(sql.SQL("GRANT pg_monitor TO {}").format(name))
        functions = (
            "pg_backup_start(text, boolean), pg_backup_stop(boolean), pg_switch_wal(), pg_create_restore_point(text)"
        )
        connection.execute(sql.SQL("GRANT EXECUTE ON FUNCTION " + functions + " TO {}").format(name))


def up() -> None:
    """Deploys production, and demands that a second look finds nothing to change.

    Raises:
        SandboxError: a resource failed, or the plan is never at rest.
    """
    pulumi("up", "--yes", "--skip-preview")
    pulumi("preview", "--expect-no-changes")


def destroy() -> None:
    """Removes production and its data, the way that docs/deployment.md tells.

    Raises:
        SandboxError: something could not be removed, or is still at Cloudflare.
    """
    pulumi("config", "set", "protectData", "false")
    pulumi("up", "--yes", "--skip-preview")
    pulumi("destroy", "--yes", "--skip-preview")
    left = left_at_cloudflare()
    if left:
        raise SandboxError(f"destroy left at Cloudflare: {', '.join(left)}", f"see {paths.LOGS}/cloudflare.log")


def left_at_cloudflare() -> list[str]:
    """What the account and the zone still hold, by kind and name."""
    zone = cloudflare.zone_id(value("cloudflareZone"))
    account = f"accounts/{cloudflare.ACCOUNT_ID}"
    kinds = {
        "application": f"{account}/access/apps",
        "policy": f"{account}/access/policies",
        "service token": f"{account}/access/service_tokens",
        "DNS record": f"zones/{zone}/dns_records",
        "tunnel": f"{account}/cfd_tunnel?is_deleted=false",
    }
    headers = {"Authorization": f"Bearer {cloudflare.api_token(stack.SECRETS)}"}
    with httpx.Client(headers=headers, trust_env=False) as api:
        return [
            f"{kind} {each['name']}"
            for kind, path in kinds.items()
            for each in api.get(f"{cloudflare.API_URL}/{path}").raise_for_status().json()["result"]
        ]
