"""What every part of the sandbox is: something to start, and a way to see that it serves."""

from __future__ import annotations

import ssl
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from sandbox import network, paths, processes
from sandbox.errors import SandboxError
from sandbox.supervisor import client

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from sandbox.pki import Authority

POLL_SECONDS = 0.2
API_SERVER_URL = f"https://{network.NODE_ADDRESS}:6443"
NODE_NAME = "mlflow-sandbox"


@dataclass(frozen=True)
class Surroundings:
    """What a part may need of the others."""

    tools: Mapping[str, Path]
    """Every tool's executable by its name."""
    authority: Authority
    secrets: Path
    """A folder of generated secrets, readable by root alone."""
    pause_image: str
    """Reference of the image that holds a pod's namespaces."""


class Part(Protocol):
    """A process of the sandbox."""

    @property
    def name(self) -> str:
        """By which the supervisor knows it."""

    def start(self, around: Surroundings) -> None:
        """Writes its configuration and asks the supervisor to run it; called where it does not run."""

    def ready(self, around: Surroundings) -> bool:
        """Whether it does its work now."""


def folder(name: str) -> Path:
    """The part's own folder for configuration and data."""
    place = paths.STATE / name
    place.mkdir(parents=True, exist_ok=True)
    return place


def wait_until(check: Callable[[], bool], *, what: str, timeout: float) -> None:
    """Waits for `check`, and stops waiting as soon as any part of the sandbox dies.

    Raises:
        SandboxError: a part or the supervisor died (with the end of its log), or `timeout` seconds went by.
    """
    deadline = time.monotonic() + timeout
    while True:
        parts = client.status()
        if not parts:
            raise SandboxError(
                f"the sandbox ended while waiting for {what}",
                "run `make up` again",
                processes.tail(client.SUPERVISOR_LOG),
            )
        for part in parts.values():
            part.demand_alive()
        if check():
            return
        if time.monotonic() > deadline:
            raise SandboxError(
                f"waited {timeout:.0f} s in vain for {what}",
                f"look into the logs in {paths.LOGS}, then `make down` and `make up`",
            )
        time.sleep(POLL_SECONDS)


def runs(name: str) -> bool:
    """Whether a part's process is there, for parts whose work shows elsewhere."""
    part = client.status().get(name)
    return part is not None and part.code is None


def answers(url: str, authority: Authority | None = None) -> bool:
    """Whether an address answers with success; for one of HTTPS, the authority that vouches for it."""
    context = ssl.create_default_context(cafile=str(authority.certificate)) if authority else None
    # The machine's proxy, if it has one, does not know these addresses.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))
    try:
        with opener.open(url, timeout=3):
            return True
    except (urllib.error.URLError, TimeoutError, ConnectionError, ssl.SSLError):
        return False
