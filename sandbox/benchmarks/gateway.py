"""What the gateway costs: the time that it adds to a request, and the requests that it holds on one core.

Its whole production configuration runs, on the loopback and on a core of its own. A second Envoy on another core
stands for MLflow and for the team domain, with answers that cost next to nothing, so that the difference between the
way through the gateway and the way around it is the gateway.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import statistics
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from components.access_gateway import envoy
from sandbox import processes
from sandbox.benchmarks.figures import emit
from sandbox.cloudflare_double.keys import KeyRing
from sandbox.errors import SandboxError
from sandbox.images.envoy import wheel_executable
from sandbox.parts.part import answers
from sandbox.pki import Authority

if TYPE_CHECKING:
    from collections.abc import Iterator

PAIRS = 5
SECONDS = 5
CONNECTIONS = 64
"""Enough that the gateway never waits for a client."""
HOST = "mlflow.254carbon.com"
TEAM_DOMAIN = "254carbon.cloudflareaccess.com"
AUDIENCE = secrets.token_hex(32)
PATIENCE_SECONDS = 15
_LOOPBACK = "127.0.0.1"
_ANSWER = "x" * 1024
_NO_LIMIT = 1_000_000
_SCRIPT = """
wrk.headers["Host"] = "{host}"
wrk.headers["Cf-Access-Jwt-Assertion"] = "{token}"
function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format('{{"p50": %f, "p99": %f, "requests": %d, "seconds": %f, "failed": %d}}',
    latency:percentile(50) / 1000, latency:percentile(99) / 1000, summary.requests, summary.duration / 1e6,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
"""


@dataclass(frozen=True)
class Cores:
    """One for the gateway, and one for all the rest; the same where there is only one."""

    gateway: int
    others: int

    @classmethod
    def of_this_machine(cls) -> Cores:
        """The first and the last that this process may use."""
        known = sorted(os.sched_getaffinity(0))
        return cls(known[0], known[-1])


def measure(folder: Path) -> None:
    """Measures and prints; `folder` is empty.

    Raises:
        SandboxError: an Envoy does not start, or refuses what it should let through.
    """
    keys, authority = KeyRing(folder), Authority(folder / "pki")
    authority.ensure()
    server, team, *listening = (envoy.Endpoint(host=_LOOPBACK, port=port) for port in _free_ports(6))
    load = _load(folder, keys)
    cores = Cores.of_this_machine()
    around = _surroundings(server, team, keys, authority)
    settings = _settings(server, team, authority, listening)
    with (
        _envoy(folder / "around", around, cores.others),
        _envoy(folder / "gateway", envoy.bootstrap(settings), cores.gateway) as process,
    ):
        _wait(settings.listen.operations, "/keys")
        pairs = [
            (
                _run(load, settings.listen.public, cores.others, connections=1),
                _run(load, server, cores.others, connections=1),
            )
            for _ in range(PAIRS)
        ]
        for name in ("p50", "p99"):
            emit(
                f"time that the gateway adds to a request, {name}",
                milliseconds=round(statistics.median(through[name] - direct[name] for through, direct in pairs), 3),
                with_gateway=round(statistics.median(through[name] for through, _ in pairs), 3),
                without=round(statistics.median(direct[name] for _, direct in pairs), 3),
                pairs=PAIRS,
            )
        used = _processor_seconds(process)
        full = _run(load, settings.listen.public, cores.others, connections=CONNECTIONS)
        emit(
            "requests a second that the gateway holds on one core",
            requests_per_second=round(full["requests"] / full["seconds"]),
            share_of_the_core=round((_processor_seconds(process) - used) / full["seconds"], 2),
            p99_milliseconds=round(full["p99"], 2),
            connections=CONNECTIONS,
        )


def _settings(
    server: envoy.Endpoint, team: envoy.Endpoint, authority: Authority, listening: list[envoy.Endpoint]
) -> envoy.EnvoySettings:
    public, operations, admin, memory = listening
    return envoy.EnvoySettings(
        listen=envoy.ListenSettings(public=public, operations=operations, admin=admin, keys=memory),
        host=HOST,
        issuer=f"https://{TEAM_DOMAIN}",
        audience=AUDIENCE,
        keys=envoy.KeySettings(
            server=team,
            team_domain=TEAM_DOMAIN,
            path="/cdn-cgi/access/certs",
            ca_certificate=authority.certificate.read_text(),
            refresh_seconds=15,
            max_age_seconds=3600,
        ),
        limits=envoy.LimitSettings(requests_per_second=_NO_LIMIT, max_body_bytes=1 << 20, memory_bytes=256 << 20),
        upstream=server,
    )


def _surroundings(server: envoy.Endpoint, team: envoy.Endpoint, keys: KeyRing, authority: Authority) -> dict[str, Any]:
    """An Envoy that answers as MLflow and as the team domain."""
    pair = authority.issue("team", common_name=TEAM_DOMAIN, hosts=[TEAM_DOMAIN])
    tls = {
        "name": "envoy.transport_sockets.tls",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext",
            "common_tls_context": {
                "tls_certificates": [
                    {
                        "certificate_chain": {"filename": str(pair.certificate)},
                        "private_key": {"filename": str(pair.key)},
                    }
                ]
            },
        },
    }
    listeners = [
        _answering("server", server, _ANSWER),
        _answering("team", team, json.dumps(keys.document()), transport_socket=tls),
    ]
    return {"static_resources": {"listeners": listeners}}


def _answering(name: str, endpoint: envoy.Endpoint, text: str, **chain: Any) -> dict[str, Any]:
    route = {"match": {"prefix": "/"}, "direct_response": {"status": 200, "body": {"inline_string": text}}}
    manager = {
        "@type": "type.googleapis.com/envoy.extensions.filters.network."
        "http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": name,
        "route_config": {"virtual_hosts": [{"name": name, "domains": ["*"], "routes": [route]}]},
        "http_filters": [
            {
                "name": "envoy.filters.http.router",
                "typed_config": {"@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"},
            }
        ],
    }
    filters = [{"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}]
    return {"name": name, "address": endpoint.address, "filter_chains": [{"filters": filters, **chain}]}


def _load(folder: Path, keys: KeyRing) -> Path:
    """The load generator's script; it holds the token, which arguments would show to everybody."""
    now = int(time.time())
    token = keys.sign(
        {
            "aud": [AUDIENCE],
            "email": "ada@254carbon.com",
            "exp": now + 3600,
            "iat": now,
            "nbf": now,
            "iss": f"https://{TEAM_DOMAIN}",
            "type": "app",
        }
    )
    script = folder / "load.lua"
    script.write_text(_SCRIPT.format(host=HOST, token=token))
    return script


@contextmanager
def _envoy(folder: Path, configuration: dict[str, Any], core: int) -> Iterator[int]:
    """Runs an Envoy on one core and yields its process id."""
    folder.mkdir()
    file = folder / "envoy.json"
    file.write_text(json.dumps(configuration))
    command = ["taskset", "--cpu-list", str(core), str(wheel_executable()), *envoy.command_line(str(file))]
    with (folder / "log").open("w") as log, (folder / "errors").open("w") as errors:
        process = subprocess.Popen(command, stdout=log, stderr=errors)
    try:
        yield process.pid
    finally:
        process.terminate()
        process.wait(PATIENCE_SECONDS)


def _wait(endpoint: envoy.Endpoint, path: str) -> None:
    """Waits until an address answers with success."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if answers(f"http://{endpoint.host}:{endpoint.port}{path}"):
            return
        time.sleep(0.1)
    raise SandboxError(f"the gateway of the benchmark did not answer {path} in {PATIENCE_SECONDS} s")


def _run(load: Path, endpoint: envoy.Endpoint, core: int, *, connections: int) -> dict[str, float]:
    """Loads an address for some seconds: latencies in milliseconds, requests, and how long it really was."""
    address = f"http://{endpoint.host}:{endpoint.port}/api/2.0/mlflow/runs/get?run_id=0"
    words = ["wrk", "--threads=1", f"--connections={connections}", f"--duration={SECONDS}s", f"--script={load}"]
    said = processes.output_of(["taskset", "--cpu-list", str(core), *words, address], what="the load on the gateway")
    figures: dict[str, float] = json.loads(said.splitlines()[-1])
    # A connection whose time is over is closed after its answer; the generator counts none of them as failed.
    if figures["failed"] or not figures["requests"]:
        raise SandboxError(f"{figures['failed']:.0f} of {figures['requests']:.0f} requests of the benchmark failed")
    return figures


def _processor_seconds(process: int) -> float:
    """What a process has used of the processor so far."""
    fields = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _free_ports(count: int) -> list[int]:
    held = [socket.create_server((_LOOPBACK, 0)) for _ in range(count)]
    ports = [int(each.getsockname()[1]) for each in held]
    for each in held:
        each.close()
    return ports
