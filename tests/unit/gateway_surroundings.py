"""What a gateway stands between, on the loopback: the team domain, an echoing server, and Envoy itself."""

from __future__ import annotations

import base64
import contextlib
import datetime as dt
import http.client
import json
import re
import socket
import socketserver
import ssl
import subprocess
import sysconfig
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from components.access_gateway import envoy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

ENVOY = Path(sysconfig.get_path("purelib")) / "envoy" / "_bin" / "envoy"
HOST = "mlflow.254carbon.com"
TEAM_DOMAIN = "254carbon.cloudflareaccess.com"
AUDIENCE = "4714c1358e65fe4b408ad6d432a5f878f08194bdb4752441fd56faefa9b2b6f2"
HEADER = "Cf-Access-Jwt-Assertion"
PATIENCE = 15


@dataclass(frozen=True)
class SigningKey:
    """A key of the team."""

    kid: str
    private: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65537, 2048))

    @cached_property
    def public_pem(self) -> bytes:
        public = self.private.public_key()
        return public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)

    def jwk(self, *, algorithm: str | None = "RS256") -> dict[str, Any]:
        key: dict[str, Any] = jwt.algorithms.RSAAlgorithm.to_jwk(self.private.public_key(), as_dict=True)
        return {**key, "kid": self.kid, "use": "sig", **({"alg": algorithm} if algorithm else {})}

    def sign(self, *, algorithm: str = "RS256", kid: str | None = None, **claims: Any) -> str:
        """Sign a person's assertion; a claim of None is left out."""
        now = int(time.time())
        merged = {
            "aud": [AUDIENCE],
            "email": "ada@254carbon.com",
            "exp": now + 600,
            "iat": now,
            "nbf": now,
            "iss": f"https://{TEAM_DOMAIN}",
            "type": "app",
            "sub": "a-person",
            **claims,
        }
        payload = {name: value for name, value in merged.items() if value is not None}
        return jwt.encode(payload, self.private, algorithm=algorithm, headers={"kid": kid or self.kid})


@dataclass(frozen=True)
class Authority:
    """Signs the certificate of the team domain."""

    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    @cached_property
    def certificate(self) -> x509.Certificate:
        return self._issue("authority", self.key.public_key(), authority=True)

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    def server_context(self, name: str, directory: Path) -> ssl.SSLContext:
        key = ec.generate_private_key(ec.SECP256R1())
        file = directory / f"{name}.pem"
        file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            + self._issue(name, key.public_key(), authority=False).public_bytes(serialization.Encoding.PEM)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context

    def _issue(self, name: str, key: ec.EllipticCurvePublicKey, *, authority: bool) -> x509.Certificate:
        now = dt.datetime.now(dt.UTC)
        issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "authority")])
        return (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
            .issuer_name(issuer)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(minutes=5))
            .not_valid_after(now + dt.timedelta(hours=1))
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
            .sign(self.key, hashes.SHA256())
        )


class _Server:
    """An HTTP server in a thread."""

    def __init__(
        self, handler: type[BaseHTTPRequestHandler], context: ssl.SSLContext | None = None, port: int = 0
    ) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", port), handler)
        self._server.daemon_threads = True
        if context:
            self._server.socket = context.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self.endpoint = envoy.Endpoint(host="127.0.0.1", port=self._server.server_port)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class TeamDomain(_Server):
    """Publishes signing keys over TLS."""

    def __init__(self, keys: Sequence[Mapping[str, Any]], context: ssl.SSLContext) -> None:
        self.keys = list(keys)
        self.answer: tuple[int, str] | None = None
        """Said instead of the keys."""
        self.asked: list[tuple[str, str]] = []
        team = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                team.asked.append((self.headers["Host"], self.path))
                status, text = team.answer or (200, json.dumps({"keys": team.keys}))
                self.send_response(status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        super().__init__(Handler, context)


class Echo(_Server):
    """Answers every request with what it was asked."""

    def __init__(self, port: int = 0) -> None:
        self.seen: list[str] = []
        """Paths of the requests that came through."""
        echo = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # Head and body are two writes: with it, the second would wait for the first one's receipt.
            disable_nagle_algorithm = True

            def answer(self) -> None:
                echo.seen.append(self.path)
                request = {
                    "method": self.command,
                    "path": self.path,
                    "headers": [[name.lower(), value] for name, value in self.headers.items()],
                    "body": self._size(),
                }
                text = json.dumps(request).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                if self.command != "HEAD":
                    with contextlib.suppress(BrokenPipeError):  # the gateway has refused meanwhile
                        self.wfile.write(text)

            do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_TRACE = answer  # noqa: N815

            def _size(self) -> int:
                if "chunked" not in self.headers.get("Transfer-Encoding", ""):
                    return len(self.rfile.read(int(self.headers.get("Content-Length", 0))))
                total = 0
                while size := int(self.rfile.readline() or b"0", 16):
                    total += len(self.rfile.read(size))
                    self.rfile.readline()
                self.rfile.readline()
                return total

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        super().__init__(Handler, port=port)


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
            command = [str(ENVOY), *envoy.command_line(str(configuration))]
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
    team: envoy.Endpoint, upstream: envoy.Endpoint, authority: str | None, **differences: Any
) -> envoy.EnvoySettings:
    """Settings of a gateway between these two; `differences` go to the keys and the limits."""
    keys = {"refresh_seconds": 0.2, "max_age_seconds": 3600, "team_domain": TEAM_DOMAIN}
    limits = {"requests_per_second": 10_000, "max_body_bytes": 1 << 20, "memory_bytes": 256 << 20}
    keys |= {name: differences.pop(name) for name in keys.keys() & differences}
    limits |= {name: differences.pop(name) for name in limits.keys() & differences}
    assert not differences
    public, operations, admin, loopback = (envoy.Endpoint(host="127.0.0.1", port=port) for port in free_ports(4))
    return envoy.EnvoySettings(
        listen=envoy.ListenSettings(public=public, operations=operations, admin=admin, keys=loopback),
        host=HOST,
        issuer=f"https://{TEAM_DOMAIN}",
        audience=AUDIENCE,
        keys=envoy.KeySettings(server=team, path="/cdn-cgi/access/certs", ca_certificate=authority, **keys),  # type: ignore[arg-type] # one mapping for all
        limits=envoy.LimitSettings(**limits),
        upstream=upstream,
    )


def until(condition: Callable[[], bool], seconds: float = PATIENCE) -> None:
    """Wait for something to become true."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


@contextlib.contextmanager
def in_background(work: Callable[[], Answer]) -> Iterator[Callable[[], Answer]]:
    """Do something while the test does another thing, and hand over what came of it afterwards."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        future = pool.submit(work)
        yield lambda: future.result(PATIENCE)


class _HangsUp(socketserver.StreamRequestHandler):
    """Reads a request and closes the connection without an answer."""

    def handle(self) -> None:
        while self.rfile.readline().strip():
            pass


@dataclass(frozen=True)
class HangingUp:
    """A server that ends every request without an answer."""

    endpoint: envoy.Endpoint
    accepted: Callable[[], int]


@contextlib.contextmanager
def hanging_up() -> Iterator[HangingUp]:
    """Serve by hanging up."""
    count: list[object] = []

    class Handler(_HangsUp):
        def setup(self) -> None:
            count.append(self.client_address)
            super().setup()

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        endpoint = envoy.Endpoint(host="127.0.0.1", port=server.server_address[1])
        yield HangingUp(endpoint, lambda: len(count))
        server.shutdown()


def unsigned(token: str) -> str:
    """The same claims with `alg: none`."""
    return f"{part({'alg': 'none', 'typ': 'JWT'})}.{token.split('.')[1]}."


def signed_with_the_public_key(key: SigningKey, token: str) -> str:
    """The same claims with HS256, where the secret is what everybody knows."""
    text = f"{part({'alg': 'HS256', 'kid': key.kid, 'typ': 'JWT'})}.{token.split('.')[1]}"
    signer = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)
    return f"{text}.{_encoded(signer.sign(text.encode(), key.public_pem))}"


def part(claims: Mapping[str, Any]) -> str:
    """Head or payload of a token."""
    return _encoded(json.dumps(claims).encode())


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _read(connection: http.client.HTTPConnection) -> Answer:
    answer = connection.getresponse()
    return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read().decode())


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [held.getsockname()[1] for held in sockets]
    for held in sockets:
        held.close()
    return ports
