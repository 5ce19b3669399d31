"""What flows between the components, as small frozen objects: the whole data flow in one file.

A component that provides a database hands out a `DatabaseConnection`; the server takes one and does not
care whether a component or an administrator made it. The same holds for `BucketAccess`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

import pulumi

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_VERIFYING_MODES = ("verify-ca", "verify-full")
_HTTPS_PORT = 443


@dataclass(frozen=True, kw_only=True)
class NetworkPeer:
    """One side of an edge that a NetworkPolicy allows: either a block of addresses, or pods.

    Raises:
        ValueError: Neither or both of the two ways are given. An empty peer would mean "everybody".
    """

    cidr: str | None = None
    """Addresses, such as `10.0.0.5/32`."""
    namespace: str | None = None
    """Namespace of the pods; None means the namespace of the policy."""
    pod_labels: Mapping[str, str] = field(default_factory=dict)
    """Labels of the pods; empty means every pod of `namespace`."""

    def __post_init__(self) -> None:
        by_pods = self.namespace is not None or bool(self.pod_labels)
        if by_pods == (self.cidr is not None):
            raise ValueError("a network peer is either a cidr, or a namespace and/or pod labels")


@dataclass(frozen=True, kw_only=True)
class DatabaseConnection:
    """A PostgreSQL database as the server's pods reach it."""

    host: str
    """DNS name inside the cluster; with `verify-full` the server's certificate has to carry it."""
    port: int
    database: pulumi.Input[str]
    user: pulumi.Input[str]
    password: pulumi.Output[str]
    """Secret."""
    ssl_mode: str
    """A libpq `sslmode`."""
    ca_certificate: str | None
    """PEM of the authorities that the pods trust for this connection."""
    peers: Sequence[NetworkPeer]
    """Where the database is, for the NetworkPolicies."""
    user_changes: bool = False
    """A new password comes with a new user: pods are told both by one file, and never one of them alone."""

    def uri(self, ca_path: str) -> pulumi.Output[str]:
        """Build the SQLAlchemy URI, without the password, and without a user who changes together with it.

        The driver is named, because SQLAlchemy 2.1 reads a bare `postgresql://` as psycopg 3. The time-outs make a
        database that went silent an error within seconds, instead of a thread that hangs until TCP gives up.

        Args:
            ca_path: Where the pod finds `ca_certificate`.
        """
        options = [f"sslmode={self.ssl_mode}"]
        if self.ssl_mode in _VERIFYING_MODES:
            options.append(f"sslrootcert={ca_path}")
        options += ["connect_timeout=5", "tcp_user_timeout=15000"]
        user = pulumi.Output.from_input(self.user).apply(lambda user: quote(user, safe="") + "@")
        return pulumi.Output.concat(
            "postgresql+psycopg2://",
            "" if self.user_changes else user,
            f"{self.host}:{self.port}/",
            self.database,
            "?" + "&".join(options),
        )

    def login_file(self, section: str) -> pulumi.Output[str]:
        """Write a libpq connection service file with what `uri` leaves out. Secret.

        Args:
            section: Name that the client knows.
        """
        user = ["user=", self.user, "\n"] if self.user_changes else []
        return pulumi.Output.concat(f"[{section}]\n", *user, "password=", self.password, "\n")

    def service_file(self, section: str, ca_path: str) -> pulumi.Output[str]:
        """Write a libpq connection service file, for a client that is told the name of its section only. Secret.

        Args:
            section: Name that the client knows.
            ca_path: Where the pod finds `ca_certificate`.
        """
        authority = [f"sslrootcert={ca_path}\n"] if self.ssl_mode in _VERIFYING_MODES else []
        return pulumi.Output.concat(
            f"[{section}]\nhost={self.host}\nport={self.port}\nsslmode={self.ssl_mode}\n",
            *authority,
            "dbname=",
            self.database,
            "\nuser=",
            self.user,
            "\npassword=",
            self.password,
            "\n",
        )


@dataclass(frozen=True, kw_only=True)
class BucketAccess:
    """A bucket, and a key that opens this bucket only."""

    bucket: pulumi.Input[str]
    endpoint: str | None
    """URL of an S3-compatible server; None means AWS."""
    region: str
    access_key: pulumi.Output[str]
    """Secret."""
    secret_key: pulumi.Output[str]
    """Secret."""
    ca_certificate: str | None
    """PEM of the authorities that the pods trust for the endpoint; None means the public ones."""
    peers: Sequence[NetworkPeer]
    """Where the endpoint is, for the NetworkPolicies."""

    @property
    def port(self) -> int:
        """TCP port of the endpoint."""
        if self.endpoint is None:
            return _HTTPS_PORT
        parts = urlsplit(self.endpoint)
        return parts.port or (_HTTPS_PORT if parts.scheme == "https" else 80)

    def credentials_file(self) -> pulumi.Output[str]:
        """Write an AWS shared credentials file. Secret."""
        return pulumi.Output.concat(
            "[default]\naws_access_key_id = ",
            self.access_key,
            "\naws_secret_access_key = ",
            self.secret_key,
            "\n",
        )


@dataclass(frozen=True, kw_only=True)
class BucketKey:
    """A key without the bucket that it opens."""

    access_key: pulumi.Output[str]
    """Secret."""
    secret_key: pulumi.Output[str]
    """Secret."""

    def open(self, access: BucketAccess) -> BucketAccess:
        """Take the place of the key that is there."""
        return replace(access, access_key=self.access_key, secret_key=self.secret_key)


@dataclass(frozen=True, kw_only=True)
class ServiceAddress:
    """A Kubernetes Service, with every name that clients call it by."""

    name: str
    namespace: str
    port: int

    @property
    def dns(self) -> str:
        """Full DNS name inside the cluster."""
        return f"{self.name}.{self.namespace}.svc.cluster.local"

    @property
    def url(self) -> str:
        """Base URL for clients inside the cluster."""
        return f"http://{self.dns}:{self.port}"

    @property
    def host_names(self) -> list[str]:
        """Every form of the DNS name that the cluster's search domains resolve, shortest first."""
        qualified = f"{self.name}.{self.namespace}"
        return [self.name, qualified, f"{qualified}.svc", self.dns]


@dataclass(frozen=True, kw_only=True)
class AccessAssertion:
    """What proves that a request came through Cloudflare Access: a token of this team for this application."""

    team_domain: str
    """Such as `254carbon.cloudflareaccess.com`."""
    audience: pulumi.Output[str]
    """The application's tag, which a token has to name."""

    @property
    def issuer(self) -> str:
        """The `iss` of every token."""
        return f"https://{self.team_domain}"

    @property
    def keys_url(self) -> str:
        """Where the team's current signing keys are, as a JSON Web Key Set."""
        return f"{self.issuer}/cdn-cgi/access/certs"


@dataclass(frozen=True, kw_only=True)
class MetricsEndpoint:
    """Where pods tell Prometheus their numbers."""

    job: str
    """What their series are called by; also the name of the monitor."""
    selector: Mapping[str, str]
    """Labels of the pods, and of the Service in front of them where they answer behind one."""
    port: str
    """Name of the port."""
    path: str
