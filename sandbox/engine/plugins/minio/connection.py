"""Clients of the server, with errors that say what to do."""

from __future__ import annotations

import json
import secrets
import string
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import urllib3
from minio import Minio, MinioAdmin
from minio.credentials.providers import StaticProvider
from minio.crypto import decrypt, encrypt
from minio.error import InvalidResponseError, MinioAdminException, S3Error
from minio.minioadmin import _COMMAND

from sandbox.engine.plugins.protocol.resource import ResourceError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.engine.plugins.protocol.values import Values

CONNECT_TIMEOUT: Final = 10.0  # seconds
READ_TIMEOUT: Final = 60.0  # seconds; emptying a bucket answers a thousand objects at a time
RETRIES: Final = 2
_CREDENTIALS: Final = frozenset({"InvalidAccessKeyId", "SignatureDoesNotMatch", "AccessDenied"})
_KEY_ALPHABET: Final = string.ascii_letters + string.digits
# What a failed connection says, in the order to look for, and what cures it.
_CURES: Final = (
    ("CERTIFICATE_VERIFY_FAILED", "`minio_cacert_file` does not hold the CA that signed the server's certificate"),
    ("WRONG_VERSION_NUMBER", "the server speaks no TLS: leave `minio_ssl` out if that is meant to be"),
    ("HTTP request to an HTTPS server", "the server speaks TLS: set `minio_ssl`"),
    ("Connection refused", "start the server, or check `minio_server` of the provider"),
    ("Name or service not known", "check `minio_server` of the provider"),
    ("timed out", "the server does not answer: check `minio_server` and the firewall between"),
)


class Admin(MinioAdmin):
    """The administration client, with the two calls that the package lacks."""

    def add_service_account_for(self, user: str, policy: str | None) -> dict[str, str]:
        """Create an access key that belongs to another user; the server chooses key and secret."""
        body: dict[str, Any] = {"targetUser": user, **({"policy": json.loads(policy)} if policy else {})}
        key = self._provider.retrieve().secret_key
        response = self._url_open(
            method="PUT",
            command=_COMMAND.SERVICE_ACCOUNT_ADD,
            body=encrypt(json.dumps(body).encode(), key),
            preload_content=False,
        )
        created: dict[str, str] = json.loads(decrypt(response, key))["credentials"]
        return created

    def set_user(self, user: str, secret: str, status: str) -> None:
        """Give an existing user another secret and status; ``user_add`` always enables."""
        body = json.dumps({"status": status, "secretKey": secret}).encode()
        self._url_open(
            method="PUT",
            command=_COMMAND.ADD_USER,
            query_params={"accessKey": user},
            body=encrypt(body, self._provider.retrieve().secret_key),
        )


class Server:
    """A MinIO server, seen by its S3 interface and by its administration interface."""

    def __init__(self, config: Values) -> None:
        secure = bool(config["minioSsl"])
        self.attaching = threading.Lock()  # the list of a user's policies is read, changed and written as a whole
        self.address: str = config["minioServer"]
        self.region: str = config["minioRegion"]
        self.url = f"{'https' if secure else 'http'}://{self.address}"
        user = config["minioUser"] or config["minioAccessKey"] or ""
        password = config["minioPassword"] or config["minioSecretKey"] or ""
        if not user or not password:
            raise ResourceError(
                f"no credentials for MinIO at {self.url}: set `minio_user` and `minio_password` of the provider, "
                "or MINIO_USER and MINIO_PASSWORD"
            )
        credentials = StaticProvider(user, password, config["minioSessionToken"] or None)
        pool = urllib3.PoolManager(
            timeout=urllib3.Timeout(connect=CONNECT_TIMEOUT, read=READ_TIMEOUT),
            maxsize=10,
            retries=urllib3.Retry(total=RETRIES, backoff_factor=0.2, status_forcelist=[502, 503, 504]),
            cert_reqs="CERT_NONE" if config["minioInsecure"] else "CERT_REQUIRED",
            ca_certs=config["minioCacertFile"] or None,
            cert_file=config["minioCertFile"] or None,
            key_file=config["minioKeyFile"] or None,
        )
        common: dict[str, Any] = {"credentials": credentials, "secure": secure, "region": self.region}
        try:
            self.s3 = Minio(self.address, **common, http_client=pool)
            self.admin = Admin(endpoint=self.address, **common, http_client=pool)
        except ValueError as error:
            raise ResourceError(f"`minio_server` has to be host:port, without a scheme: {error}") from error

    @contextmanager
    def explained(self, what: str, *absent: str) -> Iterator[None]:
        """Turn errors of the clients into errors for the user.

        Args:
            what: what is being done, for the message.
            absent: error codes that mean that the object is not there; they are passed on as ``AbsentError``.
        """
        try:
            yield
        except (S3Error, MinioAdminException) as error:
            code, message = _code_and_message(error)
            if code in absent:
                raise AbsentError(f"{what}: {message}") from error
            if code in _CREDENTIALS:
                message += f" (MinIO at {self.url}; check `minio_user` and `minio_password` of the provider)"
            raise ResourceError(f"{what}: {message}") from error
        except (urllib3.exceptions.HTTPError, InvalidResponseError, OSError) as error:
            text = str(getattr(error, "reason", None) or error)
            said = next((mark for mark, _ in _CURES if mark in text), text)
            cure = next((cure for mark, cure in _CURES if mark in text), "check the provider's arguments")
            raise ResourceError(f"{what}: could not connect to MinIO at {self.url}: {said}; {cure}") from error
        except ValueError as error:
            raise ResourceError(f"{what}: {error}") from error


class AbsentError(ResourceError):
    """The object that a call is about is not there."""


def _code_and_message(error: S3Error | MinioAdminException) -> tuple[str, str]:
    if isinstance(error, S3Error):
        return str(error.code), f"{error.message} ({error.code})"
    text = str(error)
    try:
        body = json.loads(text[text.index("{") :])
    except ValueError:
        return "", text
    return str(body.get("Code")), f"{body.get('Message')} ({body.get('Code')})"


def generated_secret() -> str:
    """Make a secret key of 40 characters, the longest that the server takes."""
    return "".join(secrets.choice(_KEY_ALPHABET) for _ in range(40))
