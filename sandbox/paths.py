"""Where everything lives: the clone, the user's cache, and the places that `make down` removes."""

from __future__ import annotations

import os
from pathlib import Path

CLONE = Path(__file__).resolve().parent.parent
"""The checkout that the commands were called in."""

LOCAL = CLONE / ".sandbox"
"""Ignored by git: this clone's secrets, addresses, kubeconfig, stack configuration and Pulumi state."""

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache").resolve() / "mlflow-platform"
"""Built tools and images, keyed by their inputs and shared by all clones; absolute, as `sys.prefix` will be."""

KEY_LENGTH = 16
"""Characters of the hash of its inputs that name an entry of the cache."""

STATE = Path("/var/lib/mlflow-sandbox")
"""Data of the running sandbox: etcd, PostgreSQL, MinIO, containerd, kubelet, logs. One a machine."""

RUN = Path("/run/mlflow-sandbox")
"""Sockets and process ids of the running sandbox; short paths, since a socket's is limited to 107 bytes."""

LOCK = Path("/run/mlflow-sandbox.lock")
"""Held by a command that changes the sandbox."""

LOGS = STATE / "logs"
"""One file a part."""
