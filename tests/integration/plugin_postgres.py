"""A throwaway PostgreSQL with TLS, for the tests of its plugin."""

from __future__ import annotations

import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from tests.integration.plugin_harness import answers, binary, certificates, end, free_port, unprivileged, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator

ADMIN_PASSWORD = "correct-horse-admin"  # noqa: S105 - of a throwaway server
DEBIAN_POSTGRESQL = "/usr/lib/postgresql/*/bin"
CURE = "apt-get install postgresql"

PASSWORD = "battery-staple-7'\"x"  # noqa: S105

# A program, and what the official plugin 3.18.2 leaves in the state for it.
STORE = f"""
role = postgresql.Role("role", name="mlflow", login=True, password={PASSWORD!r}, opts=opts)
database = postgresql.Database("database", name="mlflow", owner=role.name, opts=opts)
grant = postgresql.Grant(
    "grant", database=database.name, role=role.name, schema="public", object_type="schema",
    privileges=["CREATE", "USAGE"], opts=opts,
)
"""
ROLE_INPUTS: dict[str, object] = {
    "__defaults": ["connectionLimit", "encryptedPassword", "inherit", "validUntil"],
    "connectionLimit": -1,
    "encryptedPassword": True,
    "inherit": True,
    "login": True,
    "name": "mlflow",
    "password": "(secret)",
    "validUntil": "infinity",
}
ROLE_OUTPUTS: dict[str, object] = {
    "assumeRole": "",
    "bypassRowLevelSecurity": False,
    "connectionLimit": -1,
    "createDatabase": False,
    "createRole": False,
    "encrypted": None,
    "encryptedPassword": True,
    "id": "mlflow",
    "idleInTransactionSessionTimeout": 0,
    "inherit": True,
    "login": True,
    "name": "mlflow",
    "password": "(secret)",
    "passwordWo": "(secret)",
    "passwordWoVersion": None,
    "replication": False,
    "roles": [],
    "searchPaths": [],
    "skipDropRole": False,
    "skipReassignOwned": False,
    "statementTimeout": 0,
    "superuser": False,
    "validUntil": "infinity",
}
DATABASE_INPUTS: dict[str, object] = {
    "__defaults": ["allowConnections", "connectionLimit"],
    "allowConnections": True,
    "connectionLimit": -1,
    "name": "mlflow",
    "owner": "mlflow",
}
DATABASE_OUTPUTS: dict[str, object] = {
    "allowConnections": True,
    "alterObjectOwnership": False,
    "connectionLimit": -1,
    "encoding": "UTF8",
    "id": "mlflow",
    "isTemplate": False,
    "lcCollate": "C.UTF-8",
    "lcCtype": "C.UTF-8",
    "name": "mlflow",
    "owner": "mlflow",
    "tablespaceName": "pg_default",
    "template": "template0",
}
GRANT_OUTPUTS: dict[str, object] = {
    "columns": None,
    "database": "mlflow",
    "id": "mlflow_mlflow_public_schema",
    "objectType": "schema",
    "objects": None,
    "privileges": ["CREATE", "USAGE"],
    "role": "mlflow",
    "schema": "public",
    "withGrantOption": False,
}


@dataclass(frozen=True)
class Postgres:
    port: int
    authority: Path
    log: Path

    def session(self, database: str = "postgres", user: str = "postgres", password: str = ADMIN_PASSWORD) -> Any:
        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            dbname=database,
            user=user,
            password=password,
            sslmode="verify-full",
            sslrootcert=str(self.authority),
            autocommit=True,
        )

    def run(self, *statements: str, database: str = "postgres") -> list[Any]:
        """Run statements as somebody else would; return the rows of the last one."""
        with self.session(database) as connection:
            for statement in statements:
                cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def clean(self) -> None:
        """Drop what a test has left."""
        for (name,) in self.run("SELECT datname FROM pg_database WHERE NOT datistemplate AND datname <> 'postgres'"):
            self.run(f"DROP DATABASE {name} WITH (FORCE)")
        self.run("DROP SCHEMA IF EXISTS space CASCADE")
        for (name,) in self.run(
            r"SELECT rolname FROM pg_roles WHERE rolname NOT LIKE 'pg\_%' AND rolname <> 'postgres'"
        ):
            self.run(f'DROP OWNED BY "{name}" CASCADE; DROP ROLE "{name}"')

    def header(self, **changed: object) -> str:
        arguments = {
            "host": "127.0.0.1",
            "port": self.port,
            "username": "postgres",
            "password": ADMIN_PASSWORD,
            "sslmode": "verify-full",
            "sslrootcert": str(self.authority),
            "connect_timeout": 5,
        } | changed
        return (
            "import pulumi\nimport pulumi_postgresql as postgresql\n"
            f"server = postgresql.Provider('server', **{arguments!r})\n"
            "opts = pulumi.ResourceOptions(provider=server)\n"
        )


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    # Not below pytest's folder: it is the caller's alone, and the next pytest that starts makes it so again.
    with tempfile.TemporaryDirectory(prefix="postgres-") as folder:
        yield from _served(Path(folder))


def _served(folder: Path) -> Iterator[Postgres]:
    authority, certificate, key = certificates(folder / "tls")
    (folder / "password").write_text(ADMIN_PASSWORD)
    data, log, port = folder / "data", folder / "log", free_port()
    data.mkdir(mode=0o700)
    log.touch()
    prefix = unprivileged(folder)
    initdb = binary("initdb", CURE, DEBIAN_POSTGRESQL)
    options = ["--username=postgres", f"--pwfile={folder / 'password'}", "--auth=scram-sha-256"]
    locale = ["--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
    subprocess.run([*prefix, initdb, f"--pgdata={data}", *options, *locale], check=True, capture_output=True)
    settings = {
        "listen_addresses": "127.0.0.1",
        "port": port,
        "unix_socket_directories": folder,
        "ssl": "on",
        "ssl_cert_file": certificate,
        "ssl_key_file": key,
        "fsync": "off",
        "log_statement": "all",  # whatever reaches the server in clear shows up in the log
    }
    arguments = [f"--{key.replace('_', '-')}={value}" for key, value in settings.items()]
    with log.open("ab") as output:
        command = [*prefix, str(binary("postgres", CURE, DEBIAN_POSTGRESQL)), "-D", str(data), *arguments]
        process = subprocess.Popen(command, stdout=output, stderr=output, cwd=folder)
    try:
        wait_for("PostgreSQL", lambda: answers(port), process, log)
        time.sleep(0.2)
        yield Postgres(port, authority, log)
    finally:
        process.send_signal(signal.SIGINT)  # end sessions, do not wait for them
        end(process)


OFFICIAL = {
    "role": (ROLE_INPUTS, ROLE_OUTPUTS),
    "database": (DATABASE_INPUTS, DATABASE_OUTPUTS),
}
