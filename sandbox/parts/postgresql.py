"""PostgreSQL 15: the platform's shared database server, with TLS and SCRAM passwords."""

from __future__ import annotations

import pwd
import shutil
from typing import TYPE_CHECKING

from sandbox import network, paths, processes
from sandbox.parts.part import Surroundings, folder
from sandbox.private_files import secret
from sandbox.supervisor import client

if TYPE_CHECKING:
    from pathlib import Path

PORT = 5432
HOST = "postgres-shared.data-platform.svc.cluster.local"
ADMIN_USER = "postgres"
UNPRIVILEGED_USERS = ("postgres", "nobody")
"""PostgreSQL refuses to run as root; the first that the machine knows is taken."""


def admin_password(secrets: Path) -> str:
    """The administrator's password."""
    return secret(secrets / "postgresql-admin-password")


def _account() -> pwd.struct_passwd:
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    return next(known[name] for name in UNPRIVILEGED_USERS if name in known)


class PostgreSQL:
    """One server, on the node's address."""

    name = "postgresql"

    def start(self, around: Surroundings) -> None:
        """Initialises the data at first use and runs the server."""
        account = _account()
        place = folder(self.name)
        data = place / "data"
        shutil.chown(place, account.pw_uid, account.pw_gid)
        place.chmod(0o700)
        drop_privileges = ["setpriv", f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups", "--"]
        if not (data / "PG_VERSION").exists():
            shutil.rmtree(data, ignore_errors=True)
            fresh = place / "data.new"
            shutil.rmtree(fresh, ignore_errors=True)
            password = place / "admin-password"
            password.touch(mode=0o600)
            shutil.chown(password, account.pw_uid, account.pw_gid)
            password.write_text(admin_password(around.secrets))
            processes.run_logged(
                [
                    *drop_privileges,
                    around.tools["initdb"],
                    f"--pgdata={fresh}",
                    f"--username={ADMIN_USER}",
                    f"--pwfile={password}",
                    "--auth=scram-sha-256",
                    "--encoding=UTF8",
                    "--locale=C.UTF-8",
                    "--no-sync",
                ],
                paths.LOGS / f"{self.name}.log",
                what="making PostgreSQL's data folder",
            )
            password.unlink()
            fresh.rename(data)
        serving = around.authority.issue(
            "postgresql", common_name=HOST, hosts=[HOST, "postgres-shared", network.NODE_ADDRESS]
        )
        for source in (serving.certificate, serving.key):
            copy = place / source.name
            shutil.copyfile(source, copy)
            shutil.chown(copy, account.pw_uid, account.pw_gid)
            copy.chmod(0o600)
        (data / "pg_hba.conf").write_text(
            "".join(f"hostssl {database} all 198.18.0.0/15 scram-sha-256\n" for database in ("all", "replication"))
        )
        client.start(
            self.name,
            [
                *drop_privileges,
                around.tools["postgres"],
                "-D",
                data,
                *(
                    word
                    for setting in (
                        f"listen_addresses={network.NODE_ADDRESS}",
                        f"port={PORT}",
                        "unix_socket_directories=",
                        "max_connections=200",
                        "ssl=on",
                        f"ssl_cert_file={place / serving.certificate.name}",
                        f"ssl_key_file={place / serving.key.name}",
                        "password_encryption=scram-sha-256",
                        "log_connections=off",
                    )
                    for word in ("-c", setting)
                ),
            ],
        )

    def ready(self, around: Surroundings) -> bool:
        """Whether it accepts connections."""
        probe: list[str | Path] = [
            around.tools["pg_isready"],
            f"--host={network.NODE_ADDRESS}",
            f"--port={PORT}",
            "--quiet",
        ]
        return processes.succeeds(probe)
