"""A running gateway: Envoy with the configuration of the builders, what its clients ask, and what it writes down."""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import socket
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from components.access_gateway import envoy
from sandbox.images.envoy import wheel_executable
from tests.assertions import HEADER
from tests.unit.gateway.neighbours import free_ports

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

HOST = "mlflow.254carbon.com"
TEAM_DOMAIN = "254carbon.cloudflareaccess.com"
ISSUER = f"https://{TEAM_DOMAIN}"
AUDIENCE = "4714c1358e65fe4b408ad6d432a5f878f08194bdb4752441fd56faefa9b2b6f2"
BODY_LIMIT = 1 << 20
PATIENCE = 15


@dataclass(frozen=True)
class Answer:
    """What a client got."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def seen(self) -> dict[str, Any]:
        """What the server behind saw."""
        seen: dict[str, Any] = json.loads(self.text)
        return seen

    def sent(self, header: str) -> list[str]:
        """Values of a header at the server behind."""
        return [value for name, value in self.seen["headers"] if name == header.lower()]


class Gateway:
    """A running Envoy with the configuration of the builders."""

    def __init__(self, settings: envoy.EnvoySettings, directory: Path) -> None:
        self.settings = settings
        self._log, self._errors = directory / "stdout", directory / "stderr"
        configuration = directory / "envoy.json"
        configuration.write_text(json.dumps(envoy.bootstrap(settings)))
        with self._log.open("w") as out, self._errors.open("w") as errors:
            command = [str(wheel_executable()), *envoy.command_line(str(configuration))]
            self._process = subprocess.Popen(command, stdout=out, stderr=errors)

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(PATIENCE)

    def started(self) -> Gateway:
        """Wait until the signing keys are known."""
        until(lambda: self.operations("/keys").status == 200)
        return self

    def get(self, path: str = "/", token: str | None = None, **more: Any) -> Answer:
        return self.request("GET", path, token, **more)

    def request(
        self,
        method: str,
        path: str,
        token: str | None = None,
        *,
        headers: Sequence[tuple[str, str]] = (),
        body: bytes | Iterator[bytes] | None = None,
        host: str = HOST,
    ) -> Answer:
        connection = self._connect(self.settings.listen.public)
        try:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            connection.putheader("Host", host)
            for name, value in [*headers, *([(HEADER, token)] if token else [])]:
                connection.putheader(name, value)
            if isinstance(body, bytes):
                connection.putheader("Content-Length", str(len(body)))
            elif body is not None:
                connection.putheader("Transfer-Encoding", "chunked")
            # Refused before all of the body was sent: the answer is there already.
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                connection.endheaders(body, encode_chunked=body is not None and not isinstance(body, bytes))
            return _read(connection)
        finally:
            connection.close()

    def raw(self, text: str) -> bytes:
        """Send bytes that no client library would, and return the answer's first line."""
        with socket.create_connection((self.settings.listen.public.host, self.settings.listen.public.port)) as plain:
            plain.settimeout(PATIENCE)
            plain.sendall(text.encode("latin-1"))
            return plain.makefile("rb").readline().strip()

    def operations(self, path: str, method: str = "GET") -> Answer:
        """Ask the listener for Prometheus and the kubelet; status 0 means that it does not listen yet."""
        connection = self._connect(self.settings.listen.operations)
        try:
            connection.request(method, path)
            return _read(connection)
        except ConnectionError:
            return Answer(0, {}, "")
        finally:
            connection.close()

    def log(self, request_id: str) -> dict[str, Any]:
        """The line of the access log about a request; Envoy writes it with a delay."""
        lines: list[dict[str, Any]] = []

        def found() -> bool:
            known = [json.loads(line) for line in self.log_text().splitlines() if request_id in line]
            lines[:] = known
            return bool(known)

        until(found)
        assert len(lines) == 1
        return lines[0]

    def log_text(self) -> str:
        # A line that is being written is not one yet.
        return self._log.read_text().rpartition("\n")[0]

    def errors(self) -> str:
        return self._errors.read_text()

    def counters(self, cluster: str) -> set[str]:
        """Names of a cluster's numbers that are not zero."""
        pattern = rf'envoy_cluster_(\w+){{envoy_cluster_name="{cluster}"}} (\d+)'
        found = re.findall(pattern, self.operations("/stats/prometheus").text)
        return {name for name, value in found if int(value)}

    def is_healthy(self, cluster: str) -> bool:
        """Whether a cluster's address is."""
        return "membership_healthy" in self.counters(cluster)

    def _connect(self, endpoint: envoy.Endpoint) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(endpoint.host, endpoint.port, timeout=PATIENCE)


def settings(
    team: envoy.Endpoint, upstream: envoy.Endpoint, authority: Path | None, **differences: Any
) -> envoy.EnvoySettings:
    """Settings of a gateway between these two; `differences` go to the keys and the limits."""
    keys = {"refresh_seconds": 0.2, "max_age_seconds": 3600, "team_domain": TEAM_DOMAIN}
    limits = {"requests_per_second": 10_000, "max_body_bytes": BODY_LIMIT, "memory_bytes": 256 << 20}
    keys |= {name: differences.pop(name) for name in keys.keys() & differences}
    limits |= {name: differences.pop(name) for name in limits.keys() & differences}
    assert not differences
    trusted = authority.read_text() if authority else None
    public, operations, admin, loopback = (envoy.Endpoint(host="127.0.0.1", port=port) for port in free_ports(4))
    return envoy.EnvoySettings(
        listen=envoy.ListenSettings(public=public, operations=operations, admin=admin, keys=loopback),
        host=HOST,
        issuer=ISSUER,
        audience=AUDIENCE,
        keys=envoy.KeySettings(server=team, path="/cdn-cgi/access/certs", ca_certificate=trusted, **keys),  # type: ignore[arg-type] # one mapping for all
        limits=envoy.LimitSettings(**limits),
        upstream=upstream,
    )


def until(condition: Callable[[], bool], seconds: float = PATIENCE) -> None:
    """Wait for something to become true."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


@contextlib.contextmanager
def in_background(work: Callable[[], Answer]) -> Iterator[Callable[[], Answer]]:
    """Do something while the test does another thing, and hand over what came of it afterwards."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        future = pool.submit(work)
        yield lambda: future.result(PATIENCE)


def _read(connection: http.client.HTTPConnection) -> Answer:
    answer = connection.getresponse()
    return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read().decode())
