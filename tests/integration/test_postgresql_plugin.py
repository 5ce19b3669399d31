"""The postgresql stand-in, driven by the real engine against a real PostgreSQL."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from tests.integration.plugin_harness import Engine, Project, alive, children, plain
from tests.integration.plugin_postgres import (
    ADMIN_PASSWORD,
    GRANT_OUTPUTS,
    OFFICIAL,
    PASSWORD,
    STORE,
    Postgres,
    postgres,
)

__all__ = ["postgres"]  # a fixture: importing it makes it known here

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def project(engine: Engine, postgres: Postgres, tmp_path: Path) -> Iterator[Project]:
    yield Project(engine, tmp_path, postgres.header())
    postgres.clean()


def test_a_program_leaves_the_state_that_the_official_plugin_leaves(project: Project, postgres: Postgres) -> None:
    project.program(STORE)
    project.up()
    project.settled()
    role, database, grant = (project.resource(name) for name in ("role", "database", "grant"))
    assert (role["id"], database["id"], grant["id"]) == ("mlflow", "mlflow", "mlflow_mlflow_public_schema")
    for resource, official in ((role, OFFICIAL["role"]), (database, OFFICIAL["database"])):
        assert (plain(resource["inputs"]), plain(resource["outputs"])) == official
    assert grant["outputs"] == GRANT_OUTPUTS
    with postgres.session("mlflow", "mlflow", PASSWORD) as connection:
        connection.execute("CREATE TABLE public.runs (id int)")
    for text in (project.run("stack", "export"), postgres.log.read_text()):
        assert "battery-staple" not in text
        assert ADMIN_PASSWORD not in text


def test_changes_are_made_in_place_and_new_locales_replace_a_database(project: Project, postgres: Postgres) -> None:
    project.program(STORE)
    project.up()
    changed = STORE.replace(
        "login=True, password=",
        "login=True, connection_limit=7, search_paths=['a', 'public'], "
        "statement_timeout=5000, roles=['pg_monitor'], password='other-' + ",
    )
    changed = changed.replace("owner=role.name", "owner=role.name, connection_limit=9")
    project.program(changed.replace('["CREATE", "USAGE"]', '["USAGE"]'))
    said = project.up()
    assert "3 updated" in said
    assert "replaced" not in said
    project.settled()
    query = (
        "SELECT rolconnlimit, rolconfig, pg_has_role(oid, 'pg_monitor', 'USAGE') FROM pg_roles WHERE rolname = 'mlflow'"
    )
    assert postgres.run(query) == [(7, ["search_path=a, public", "statement_timeout=5000"], True)]
    assert postgres.run("SELECT datconnlimit FROM pg_database WHERE datname = 'mlflow'") == [(9,)]
    query = "SELECT nspacl::text LIKE '%mlflow=U/%' FROM pg_namespace WHERE nspname = 'public'"
    assert postgres.run(query, database="mlflow") == [(True,)]
    postgres.session("mlflow", "mlflow", "other-" + PASSWORD).close()

    postgres.run("CREATE TABLE kept (id int)", database="mlflow")
    project.program(changed.replace("connection_limit=9", "connection_limit=9, lc_collate='C'"))
    said = project.run("preview", "--diff")
    assert "replace" in said
    said = project.up()
    assert "2 replaced" in said  # the grant goes with its database
    assert postgres.run("SELECT datcollate FROM pg_database WHERE datname = 'mlflow'") == [("C",)]


def test_drift_is_found_by_a_refresh_and_repaired(project: Project, postgres: Postgres) -> None:
    project.program(STORE)
    project.up()
    postgres.run("ALTER ROLE mlflow CONNECTION LIMIT 3 CREATEDB", "ALTER DATABASE mlflow CONNECTION LIMIT 4")
    postgres.run("REVOKE CREATE ON SCHEMA public FROM mlflow", database="mlflow")
    project.run("refresh", "--preview-only", "--expect-no-changes", fails=True)
    assert "3 updated" in project.drifted()
    assert "3 updated" in project.up()
    project.settled()
    query = "SELECT rolconnlimit, rolcreatedb FROM pg_roles WHERE rolname = 'mlflow'"
    assert postgres.run(query) == [(-1, False)]


def test_what_was_deleted_behind_our_back_is_made_again(project: Project, postgres: Postgres) -> None:
    project.program(STORE)
    project.up()
    postgres.run("DROP DATABASE mlflow WITH (FORCE)")
    assert "2 deleted" in project.drifted()  # the database, and the grant in it
    assert "2 created" in project.up()
    postgres.run("DROP DATABASE mlflow WITH (FORCE)", "DROP ROLE mlflow")
    assert "3 deleted" in project.drifted()
    project.up()
    project.settled()


def test_existing_objects_are_imported(project: Project, postgres: Postgres) -> None:
    postgres.run("CREATE ROLE mlflow LOGIN CONNECTION LIMIT 5", "CREATE DATABASE mlflow OWNER mlflow")
    project.program(STORE)
    said = project.up(fails=True)
    assert 'role "mlflow" already exists; adopt it with `pulumi import postgresql:index/role:Role' in said
    project.program(
        """
        adopt = pulumi.ResourceOptions(provider=server, import_="mlflow")
        postgresql.Role("role", name="mlflow", login=True, connection_limit=5, opts=adopt)
        postgresql.Database("database", name="mlflow", owner="mlflow", opts=adopt)
        """
    )
    assert "2 imported" in project.up()
    assert project.resource("role")["outputs"]["connectionLimit"] == 5
    project.program(STORE)
    assert "1 created" in project.up()
    project.settled()


def test_a_preview_says_what_it_can_and_asks_no_server_that_it_cannot_know(project: Project) -> None:
    body = """
    owner = postgresql.Database("first", name="first", opts=opts).owner
    postgresql.Role("reader", name=owner.apply(lambda name: name + "_reader"), opts=opts)
    elsewhere = postgresql.Provider("elsewhere", host=owner.apply(lambda _: "127.0.0.1"), port=1, sslmode="disable")
    postgresql.Role("stranger", name="stranger", opts=pulumi.ResourceOptions(provider=elsewhere))
    """
    project.program(body)
    said = project.run("preview", "--diff")
    assert "5 to create" in said or "6 to create" in said
    said = project.up(fails=True)
    assert "could not connect to PostgreSQL at 127.0.0.1:1" in said
    assert {resource["id"] for resource in project.resources()} == {"first", "postgres_reader"}


def test_wrong_properties_are_named_before_anything_is_made(project: Project) -> None:
    project.program(
        """
        def broken(kind, resource, **properties):
            pulumi.CustomResource(f"postgresql:index/{kind}", resource, properties, opts)

        broken("role:Role", "mistyped", conectionLimit=5, connectionLimit=-2, password="a", passwordWo="b")
        """
    )
    said = project.run("preview", fails=True)
    assert "Invalid or unknown key. Examine values at 'mistyped.conectionLimit'" in said
    assert "expected connection_limit to be at least (-1), got -2" in said
    assert "conflicts with password_wo" in said
    project.program('pulumi.CustomResource("postgresql:index/view:View", "view", {}, opts)')
    said = project.run("preview", fails=True)
    assert "is not served by the stand-in for the postgresql plugin" in said


def test_a_server_that_refuses_is_named_with_the_cure_and_nothing_is_lost(project: Project, postgres: Postgres) -> None:
    project.program(STORE)
    project.up()
    before = [resource["id"] for resource in project.resources()]
    changed = STORE.replace("login=True", "login=True, connection_limit=3")
    refusals: list[tuple[dict[str, object], str]] = [
        ({"password": "wrong"}, 'authentication failed for user "postgres"; check `username` and `password`'),
        ({"sslrootcert": "/nonexistent.pem"}, "check the path in `sslrootcert`"),
        ({"port": 1}, "127.0.0.1:1 (database postgres, user postgres): Connection refused; start the server"),
    ]
    started = time.monotonic()
    for arguments, expected in refusals:
        project.header = postgres.header(**arguments)
        project.program(changed)
        said = project.up(fails=True)
        assert expected in said
        assert ADMIN_PASSWORD not in said
    assert expected in project.run("refresh", "--yes", "--skip-preview", "--run-program", fails=True)
    assert time.monotonic() - started < 30
    assert [resource["id"] for resource in project.resources()] == before
    project.header = postgres.header()
    project.program(STORE)
    project.up()
    project.settled()


def test_a_killed_engine_leaves_no_plugin_and_the_same_up_recovers(project: Project, postgres: Postgres) -> None:
    project.program(STORE)
    with postgres.session() as holder:
        holder.execute("BEGIN; LOCK TABLE pg_authid IN EXCLUSIVE MODE")  # CREATE ROLE waits for this
        command = project.command("up", "--yes", "--skip-preview")
        run = subprocess.Popen(command, cwd=project.folder, env=project.environment, stdout=subprocess.DEVNULL)
        try:
            waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'CREATE ROLE%'"
            deadline = time.monotonic() + 30
            while not postgres.run(waiting):
                assert time.monotonic() < deadline, "the role was never asked for"
                time.sleep(0.1)
            started = children(run.pid)
        finally:
            os.kill(run.pid, signal.SIGKILL)
            run.wait()
        time.sleep(2)
        assert [pid for pid in started if alive(pid)] == []
        holder.execute("ROLLBACK")
    project.run("cancel", "--yes")  # the file backend keeps the lock of a dead run
    project.run("refresh", "--yes", "--skip-preview", "--clear-pending-creates")
    project.up()
    project.settled()
    assert not project.export()["deployment"].get("pending_operations")


def test_a_role_that_was_made_but_never_recorded_is_adopted(project: Project, postgres: Postgres) -> None:
    postgres.run("CREATE ROLE mlflow LOGIN")
    project.program(STORE)
    assert "already exists" in project.up(fails=True)
    project.program("")
    project.up()
    stored = project.export()["deployment"]["resources"]
    server = next(resource["urn"] for resource in stored if resource["type"] == "pulumi:providers:postgresql")
    arguments = ("--provider", f"default={server}", "--yes", "--protect=false")
    project.run("import", "postgresql:index/role:Role", "role", "mlflow", *arguments, "--skip-preview")
    project.program(STORE)
    assert "2 created" in project.up()
    project.settled()
    postgres.session("mlflow", "mlflow", PASSWORD).close()


def test_destroy_drops_a_database_in_use_and_a_role_that_owns_things(project: Project, postgres: Postgres) -> None:
    project.program(STORE)
    project.up()
    postgres.run("GRANT CREATE ON SCHEMA public TO mlflow", "SET ROLE mlflow", "CREATE TABLE stray (id int)")
    with postgres.session("mlflow", "mlflow", PASSWORD) as busy:
        busy.execute("CREATE TABLE runs (id int)")
        project.destroy()
    assert postgres.run("SELECT 1 FROM pg_database WHERE datname = 'mlflow'") == []
    assert postgres.run("SELECT 1 FROM pg_roles WHERE rolname = 'mlflow'") == []
    assert postgres.run("SELECT tableowner FROM pg_tables WHERE tablename = 'stray'") == [("postgres",)]
    postgres.run("DROP TABLE stray")


def test_grants_on_tables_defaults_and_schemas_follow_drift_and_replacement(
    project: Project, postgres: Postgres
) -> None:
    body = """
    owner = postgresql.Role("owner", name="owner", opts=opts)
    reader = postgresql.Role("reader", name="reader", opts=opts)
    space = postgresql.Schema("space", name="space", owner=owner.name, opts=opts)
    where = dict(database="postgres", role=reader.name)
    postgresql.Grant("connect", object_type="database", privileges=["CONNECT"], **where, opts=opts)
    postgresql.Grant("usage", object_type="schema", schema=space.name, privileges=["ALL"], **where, opts=opts)
    postgresql.Grant("tables", object_type="table", schema=space.name, privileges=["SELECT"], **where, opts=opts)
    postgresql.Grant("sequences", object_type="sequence", schema=space.name, privileges=["USAGE"],
                     with_grant_option=False, **where, opts=opts)
    postgresql.DefaultPrivileges("future", object_type="table", owner=owner.name, schema=space.name,
                                 privileges=["SELECT"], **where, opts=opts)
    """
    project.program(body)
    project.up()
    project.settled()
    ids = {name: project.resource(name)["id"] for name in ("connect", "tables", "future", "space")}
    assert ids == {
        "connect": "reader_postgres_database",
        "tables": "reader_postgres_space_table",
        "future": "reader_postgres_space_owner_table",
        "space": "postgres.space",
    }
    postgres.run("CREATE TABLE space.foreign_table (id serial)")  # by somebody else: no default privileges
    said = project.run("refresh", "--yes", "--skip-preview")
    assert "2 updated" in said  # tables and sequences
    assert "2 updated" in project.up()
    project.settled()
    assert postgres.run("SELECT has_table_privilege('reader', 'space.foreign_table', 'SELECT')") == [(True,)]
    project.program(body.replace("with_grant_option=False", "with_grant_option=True"))
    assert "1 replaced" in project.up()
    query = "SELECT has_sequence_privilege('reader', 'space.foreign_table_id_seq', 'USAGE WITH GRANT OPTION')"
    assert postgres.run(query) == [(True,)]


def test_an_administrator_without_superuser_manages_its_own_roles(project: Project, postgres: Postgres) -> None:
    postgres.run("CREATE ROLE admin LOGIN CREATEROLE CREATEDB PASSWORD 'admin'")
    admin = {"username": "admin", "password": "admin", "superuser": False}
    project.header = postgres.header(**admin)
    project.program(STORE)
    project.up()
    project.settled()
    assert postgres.run("SELECT pg_has_role('admin', 'mlflow', 'MEMBER')") == [(False,)]
    project.header = postgres.header(**(admin | {"superuser": True}))
    project.program(STORE)
    assert "is not a SUPERUSER" in project.run("refresh", "--yes", "--skip-preview", "--run-program", fails=True)
    project.header = postgres.header(**admin)
    project.program(STORE)
    project.destroy()
