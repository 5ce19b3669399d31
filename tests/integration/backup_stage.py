"""A platform to back up, on a throwaway PostgreSQL and a throwaway MinIO, and the backup program with its own keys.

Every key may do what the platform's would, and no more: the hourly backup's cannot delete.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyrage
import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.integration.plugin_minio import Store
    from tests.integration.plugin_postgres import Postgres

ROOT = Path(__file__).resolve().parents[2]
PLATFORM = "mlflow.test/mlflow"
ARTIFACTS, BACKUPS, RESTORED = "mlflow-artifacts", "mlflow-backups", "mlflow-restored"
PASSWORD = "staple-of-backups"  # noqa: S105 - of throwaway roles
_READ = ("s3:GetObject",)
_WRITE = (*_READ, "s3:PutObject", "s3:AbortMultipartUpload")
KEYS = {
    "source": (ARTIFACTS, _READ),
    "target": (BACKUPS, _WRITE),
    "reader": (BACKUPS, _READ),
    "pruner": (BACKUPS, (*_WRITE, "s3:DeleteObject")),
    "restored": (RESTORED, (*_WRITE, "s3:DeleteObject")),
    "server": (ARTIFACTS, (*_WRITE, "s3:DeleteObject")),
}
"""User, its bucket, and what it may do with objects; all may list."""
_TIMEOUT = 240


@dataclass(frozen=True)
class Outcome:
    """How a run of the program ended."""

    code: int
    output: str
    log: str

    @property
    def result(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.output.splitlines()[-1])
        return found

    @property
    def reason(self) -> str:
        return str(self.result["reason"])

    @property
    def message(self) -> str:
        return str(self.result["message"])


@dataclass
class Stage:
    """Servers, keys and files, and the program among them."""

    postgres: Postgres
    store: Store
    folder: Path
    identity: pyrage.x25519.Identity = field(default_factory=pyrage.x25519.Identity.generate)
    second: pyrage.x25519.Identity = field(default_factory=pyrage.x25519.Identity.generate)

    @property
    def endpoint(self) -> str:
        return f"https://127.0.0.1:{self.store.port}"

    def uri(self, database: str = "mlflow") -> str:
        """Of a database, as MLflow reads it."""
        tls = f"sslmode=verify-full&sslrootcert={self.postgres.authority}"
        return f"postgresql+psycopg2://mlflow:{PASSWORD}@127.0.0.1:{self.postgres.port}/{database}?{tls}"

    def environment(self, **changed: str | None) -> dict[str, str]:
        """What the program is told; None takes a variable away."""
        made: dict[str, str | None] = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "PYTHONPATH": str(ROOT / "images" / "backup"),
            "BACKUP_PLATFORM": PLATFORM,
            "BACKUP_RECIPIENTS_FILE": str(self.folder / "recipients"),
            "BACKUP_IDENTITY_FILE": str(self.folder / "identity"),
            "PGSERVICEFILE": str(self.folder / "services"),
            "PGSERVICE": "backup",
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        for prefix, user in (("SOURCE", "source"), ("TARGET", "target"), ("RESTORE", "restored")):
            made |= self.bucket(prefix, user)
        return {name: value for name, value in {**made, **changed}.items() if value is not None}

    def bucket(self, prefix: str, user: str, bucket: str | None = None) -> dict[str, str | None]:
        """The variables of one bucket."""
        return {
            f"BACKUP_{prefix}_ENDPOINT": self.endpoint,
            f"BACKUP_{prefix}_BUCKET": bucket or KEYS[user][0],
            f"BACKUP_{prefix}_REGION": "us-east-1",
            f"BACKUP_{prefix}_CREDENTIALS_FILE": str(self.folder / f"key-{user}"),
            f"BACKUP_{prefix}_CA_FILE": str(self.store.authority),
        }

    def run(self, *arguments: str, **changed: str | None) -> Outcome:
        """Run the program to its end."""
        done = subprocess.run(
            [sys.executable, "-m", "mlflow_backup", *arguments],
            env=self.environment(**changed),
            capture_output=True,
            text=True,
            timeout=_TIMEOUT,
            check=False,
        )
        return Outcome(done.returncode, done.stdout, done.stderr)

    def succeed(self, *arguments: str, **changed: str | None) -> dict[str, Any]:
        """Run a command that has to succeed; return its result."""
        outcome = self.run(*arguments, **changed)
        assert outcome.code == 0, outcome.log
        return outcome.result

    def start(self, *arguments: str, **changed: str | None) -> subprocess.Popen[str]:
        """Start the program."""
        return subprocess.Popen(
            [sys.executable, "-m", "mlflow_backup", *arguments],
            env=self.environment(**changed),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def prune(self, *arguments: str, **changed: str | None) -> Outcome:
        """Run `prune` with the key that may delete."""
        return self.run("prune", *arguments, **(self.bucket("TARGET", "pruner") | changed))

    def listed(self) -> list[dict[str, Any]]:
        """What `list` tells."""
        outcome = self.run("list", "--json")
        assert outcome.code == 0, outcome.log
        found: list[dict[str, Any]] = json.loads(outcome.output)
        return found

    def keys(self, bucket: str, prefix: str = "") -> dict[str, tuple[int, str]]:
        """Everything in a bucket, by an administrator: size and ETag."""
        found = self.store.client().s3.list_objects(bucket, prefix=prefix, recursive=True)
        return {str(item.object_name): (item.size or 0, str(item.etag)) for item in found}

    def get(self, bucket: str, key: str) -> bytes:
        answer = self.store.client().s3.get_object(bucket, key)
        try:
            return answer.read()
        finally:
            answer.close()
            answer.release_conn()

    def put(self, bucket: str, key: str, content: bytes) -> None:
        self.store.client().s3.put_object(bucket, key, io.BytesIO(content), len(content))

    def remove(self, bucket: str, key: str) -> None:
        self.store.client().s3.remove_object(bucket, key)

    def rows(self, database: str) -> dict[str, str]:
        """A digest of every table, in which each value of each row counts."""
        tables = self.postgres.run("SELECT relname FROM pg_stat_user_tables ORDER BY 1", database=database)
        question = "SELECT count(*) || md5(coalesce(string_agg(t::text, E'\\n' ORDER BY t::text), '')) FROM \"{}\" AS t"
        return {name: self.postgres.run(question.format(name), database=database)[0][0] for (name,) in tables}

    def fresh_database(self, name: str) -> str:
        """Make an empty database, of the server's role; return the section of the service file."""
        self.postgres.run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)", f"CREATE DATABASE {name} OWNER mlflow")
        return name

    def services(self, sections: Mapping[str, tuple[str, str]]) -> None:
        """Write the connection service file: section to role and database."""
        place = f"host=127.0.0.1\nport={self.postgres.port}\nsslmode=verify-full\nsslrootcert={self.postgres.authority}"
        (self.folder / "services").write_text(
            "".join(
                f"[{name}]\n{place}\nuser={user}\ndbname={database}\npassword={PASSWORD}\n"
                for name, (user, database) in sections.items()
            )
        )


@pytest.fixture(scope="module")
def stage(postgres: Postgres, store: Store, tmp_path_factory: pytest.TempPathFactory) -> Stage:
    made = Stage(postgres, store, tmp_path_factory.mktemp("stage"))
    postgres.run(
        *(f"CREATE ROLE {role} LOGIN PASSWORD '{PASSWORD}'" for role in ("mlflow", "mlflow_backup", "mlflow_drill")),
        "ALTER ROLE mlflow_drill CREATEDB",
        # As a role for dashboards has them: a backup must not be ended by them.
        "ALTER ROLE mlflow_backup SET statement_timeout = '30s'",
        "ALTER ROLE mlflow_backup SET idle_in_transaction_session_timeout = '60s'",
        "CREATE DATABASE mlflow OWNER mlflow",
        "GRANT CONNECT ON DATABASE mlflow TO mlflow_backup",
    )
    for kind in ("TABLES", "SEQUENCES"):
        postgres.run(
            f"ALTER DEFAULT PRIVILEGES FOR ROLE mlflow IN SCHEMA public GRANT SELECT ON {kind} TO mlflow_backup",
            database="mlflow",
        )
    made.services(
        {
            "backup": ("mlflow_backup", "mlflow"),
            "owner": ("mlflow", "mlflow"),
            "restored": ("mlflow", "restored"),
            "drill": ("mlflow_drill", "postgres"),
        }
    )
    (made.folder / "recipients").write_text(f"# ours\n{made.identity.to_public()}\n\n{made.second.to_public()}\n")
    (made.folder / "identity").write_text(f"# created today\n{made.identity}\n")
    (made.folder / "other-identity").write_text(f"{pyrage.x25519.Identity.generate()}\n")
    for bucket in (ARTIFACTS, BACKUPS, RESTORED):
        store.client().s3.make_bucket(bucket)
    for user, (bucket, actions) in KEYS.items():
        _make_key(made, user, bucket, actions)
    return made


def _make_key(stage: Stage, user: str, bucket: str, actions: tuple[str, ...]) -> None:
    administration = stage.store.client().admin
    name, secret = f"key-{user}", f"secret-of-{user}"
    administration.user_add(name, secret)
    statements = [
        {"Effect": "Allow", "Action": ["s3:ListBucket"], "Resource": [f"arn:aws:s3:::{bucket}"]},
        {"Effect": "Allow", "Action": list(actions), "Resource": [f"arn:aws:s3:::{bucket}/*"]},
    ]
    administration.policy_add(name, policy={"Version": "2012-10-17", "Statement": statements})
    administration.policy_set(name, user=name)
    (stage.folder / f"key-{user}").write_text(
        f"[default]\naws_access_key_id = {name}\naws_secret_access_key = {secret}\n"
    )
