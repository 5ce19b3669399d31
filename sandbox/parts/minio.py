"""MinIO: the platform's shared object store, with TLS."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from sandbox import network
from sandbox.parts.part import Surroundings, answers, folder
from sandbox.private_files import secret, write_private
from sandbox.supervisor import client

if TYPE_CHECKING:
    from pathlib import Path

PORT = 9000
HOST = "minio.data-platform.svc.cluster.local"
ADMIN_USER = "platform-admin"


def admin_password(secrets: Path) -> str:
    """The root user's password."""
    return secret(secrets / "minio-admin-password")


class Minio:
    """One server with one disk, on the node's address."""

    name = "minio"

    def start(self, around: Surroundings) -> None:
        """Runs it."""
        place = folder(self.name)
        place.chmod(0o700)  # the objects' bytes are readable in there
        certificates = folder(f"{self.name}/certificates")
        serving = around.authority.issue("minio", common_name=HOST, hosts=[HOST, "minio", network.NODE_ADDRESS])
        shutil.copyfile(serving.certificate, certificates / "public.crt")
        write_private(certificates / "private.key", serving.key.read_text())
        settings = place / "settings.env"
        write_private(
            settings,
            f"MINIO_ROOT_USER={ADMIN_USER}\nMINIO_ROOT_PASSWORD={admin_password(around.secrets)}\n",
        )
        client.start(
            self.name,
            [
                around.tools["minio"],
                "server",
                folder(f"{self.name}/data"),
                f"--address={network.NODE_ADDRESS}:{PORT}",
                f"--certs-dir={certificates}",
                "--quiet",
            ],
            env={
                "MINIO_CONFIG_ENV_FILE": str(settings),
                "MINIO_BROWSER": "off",
                "MINIO_UPDATE": "off",
            },
        )

    def ready(self, around: Surroundings) -> bool:
        """As its health endpoint tells it."""
        return answers(f"https://{network.NODE_ADDRESS}:{PORT}/minio/health/cluster", around.authority)
