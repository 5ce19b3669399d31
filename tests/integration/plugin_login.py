"""A stack with a database whose login changes, for the tests of that, on a real PostgreSQL with the real engine.

The administrator is no superuser, as on managed servers. A role stands for the server's pods: it takes over whatever
login the component hands out, and on the way tries the old one and the new one.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from tests.integration.plugin_harness import Engine, Project

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.integration.plugin_postgres import Postgres

ROOT = Path(__file__).resolve().parents[2]
ADMINISTRATOR, ADMINISTRATOR_PASSWORD = "administrator", "staple-of-the-admin"
FIRST, SECOND, THIRD = "correct-horse-first", "correct-horse-second", "correct-horse-third"
READER_PASSWORD = "battery-of-the-reader"  # noqa: S105 - of a throwaway server
LOGINS = "SELECT rolname FROM pg_roles WHERE rolname LIKE 'backend-login%'"

PROGRAM = """
import json
from pathlib import Path
import psycopg
import pulumi, pulumi_postgresql as postgresql
from components.backend_database import BackendDatabase, BackendDatabaseArgs, DatabaseLogin, DatabaseReaderArgs
from stacks.database_login import login_outputs, unless_the_owner_is_in_use
from stacks.providers import postgresql_provider
from stacks.storage_settings import DatabaseAdmin

given = json.loads(Path("given.json").read_text())
password = pulumi.Output.secret(given["administrator_password"])
if given["login"] == "separate":
    password = unless_the_owner_is_in_use(password)
server = postgresql_provider(DatabaseAdmin(
    host="127.0.0.1", port=given["port"], user=given["administrator"], password=password, superuser=False,
    ssl_mode="verify-full", ca_file=given["authority"],
))
made = BackendDatabase("backend", BackendDatabaseArgs(
    host="127.0.0.1", port=given["port"], database="mlflow", user="mlflow", login=DatabaseLogin(given["login"]),
    password=given["password"], connection_limit=7, ssl_mode="verify-full", ca_certificate=None, peers=[],
    protect=True, reader=DatabaseReaderArgs(user="mlflow_reader", password=given["reader_password"]),
), pulumi.ResourceOptions(provider=server))

def answer(user, password):
    try:
        psycopg.connect(host="127.0.0.1", port=given["port"], dbname="mlflow", user=user, password=password).close()
    except psycopg.OperationalError as error:
        return str(error)
    return "welcome"

def try_both(update):
    old, new = update.old_inputs["searchPaths"][0], update.new_inputs["searchPaths"][0]
    tried = {"old": answer(old, given["former_password"]), "new": answer(new, given["password"])}
    Path("tried.json").write_text(json.dumps(tried))

pods = postgresql.Role(
    "pods", name="pods", search_paths=[made.connection.user], roles=given["roles"],
    opts=pulumi.ResourceOptions(provider=server, hooks=pulumi.ResourceHookBinding(after_update=[try_both])),
)
pulumi.export("namespace", "data-platform")
pulumi.export("login", pulumi.Output.json_dumps([
    made.connection.uri(given["authority"]), made.connection.login_file("mlflow"), made.connection.user,
]))
for name, value in login_outputs(made.connection, pods.id).items():
    pulumi.export(name, value)
"""

FORMER = """
import json
from pathlib import Path
import pulumi, pulumi_postgresql as postgresql

given = json.loads(Path("given.json").read_text())
server = postgresql.Provider(
    "postgresql", host="127.0.0.1", port=given["port"], username=given["administrator"],
    password=pulumi.Output.secret(given["administrator_password"]), superuser=False, sslmode="verify-full",
    sslrootcert=given["authority"], connect_timeout=15,
)
parent = pulumi.ComponentResource(
    "mlflow:storage:BackendDatabase", "backend", None, pulumi.ResourceOptions(provider=server)
)
child, data = pulumi.ResourceOptions(parent=parent), pulumi.ResourceOptions(parent=parent, protect=True)
nothing = dict(superuser=False, create_database=False, create_role=False, replication=False, login=True)
public = dict(schema="public", opts=child)
owner = postgresql.Role("backend-role", name="mlflow", password=pulumi.Output.secret(given["password"]),
                        connection_limit=7, opts=data, **nothing)
database = postgresql.Database("backend-database", name="mlflow", owner=owner.name, opts=data)
grant = postgresql.Grant("backend-schema", database=database.name, role=owner.name, object_type="schema",
                         privileges=["CREATE", "USAGE"], **public)
reader = postgresql.Role(
    "backend-reader-role", name="mlflow_reader", password=pulumi.Output.secret(given["reader_password"]),
    connection_limit=3, statement_timeout=30_000, idle_in_transaction_session_timeout=60_000, opts=child, **nothing,
)
schema = postgresql.Grant("backend-reader-schema", database=grant.database, role=reader.name, object_type="schema",
                          privileges=["USAGE"], **public)
future = postgresql.DefaultPrivileges("backend-reader-future-tables", database=schema.database, role=schema.role,
                                      owner=grant.role, object_type="table", privileges=["SELECT"], **public)
postgresql.Grant("backend-reader-tables", database=future.database, role=future.role, object_type="table",
                 privileges=["SELECT"], **public)
parent.register_outputs({"database": database.name, "user": owner.name})
postgresql.Role("pods", name="pods", search_paths=[grant.role], opts=pulumi.ResourceOptions(provider=server))
pulumi.export("namespace", "data-platform")
"""
"""What the program registered before it knew of further logins."""


class Rotation:
    """A stack with a database, and what it is given."""

    def __init__(self, engine: Engine, folder: Path, postgres: Postgres) -> None:
        self.project = Project(engine, folder, "")
        self.project.environment["PYTHONPATH"] = str(ROOT)
        self.postgres = postgres
        self.given: dict[str, Any] = {
            "port": postgres.port,
            "authority": str(postgres.authority),
            "administrator": ADMINISTRATOR,
            "administrator_password": ADMINISTRATOR_PASSWORD,
            "reader_password": READER_PASSWORD,
            "login": "owner",
            "password": FIRST,
            "roles": [],
        }

    def give(self, program: str = PROGRAM, **changed: Any) -> None:
        self.given |= {"former_password": self.given["password"]} | changed
        (self.project.folder / "given.json").write_text(json.dumps(self.given))
        self.project.program(program)

    def deploy(self, program: str = PROGRAM, **changed: Any) -> None:
        self.give(program, **changed)
        self.project.up()
        self.project.settled()

    @property
    def tried(self) -> dict[str, str]:
        """What the pods met with when they had just taken over, before anything was deleted."""
        answers: dict[str, str] = json.loads((self.project.folder / "tried.json").read_text())
        return answers

    @property
    def login(self) -> tuple[str, str, str]:
        """The URI and the service file of the server, and its user."""
        uri, file, user = json.loads(self.project.run("stack", "output", "login", "--show-secrets"))
        return uri, file, user

    def session(self, user: str, password: str) -> Any:
        return self.postgres.session("mlflow", user, password)

    def refuses(self, user: str, password: str) -> bool:
        try:
            self.session(user, password).close()
        except psycopg.OperationalError:
            return True
        return False


@pytest.fixture
def rotation(engine: Engine, postgres: Postgres, tmp_path: Path) -> Iterator[Rotation]:
    postgres.run(f"CREATE ROLE {ADMINISTRATOR} LOGIN CREATEDB CREATEROLE PASSWORD '{ADMINISTRATOR_PASSWORD}'")
    yield Rotation(engine, tmp_path, postgres)
    postgres.clean()
