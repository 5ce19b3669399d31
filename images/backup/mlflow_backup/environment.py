"""Reads environment variables and the files that they name, and reports everything that is wrong at once."""

from __future__ import annotations

import configparser
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from mlflow_backup.failures import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

_SERVICE = re.compile(r"[A-Za-z0-9_.-]+")
_PROFILE = "default"


@dataclass(frozen=True, kw_only=True)
class BucketSettings:
    """A bucket and a key to it."""

    endpoint: str | None
    """URL of an S3-compatible server; None means AWS."""
    bucket: str
    region: str
    credentials_file: Path
    """An AWS shared credentials file, for what is started with it."""
    access_key: str
    secret_key: str = field(repr=False)
    session_token: str | None = field(repr=False)
    ca_file: Path | None
    """None: the public authorities."""

    @property
    def host(self) -> str:
        """Where the server is."""
        return urlsplit(self.endpoint).hostname or "" if self.endpoint else "s3.amazonaws.com"


class Environment:
    """The variables of one command. What is wrong is kept until `check`, so that all of it is told in one go."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables
        self._problems: list[str] = []

    def check(self) -> None:
        """End where anything was wrong.

        Raises:
            UsageError: Something was.
        """
        if self._problems:
            raise UsageError("; ".join(self._problems))

    def problem(self, message: str) -> None:
        """Note something that is wrong."""
        self._problems.append(message)

    def text(self, name: str, meaning: str) -> str:
        """Read a text that has to be there."""
        value = self._variables.get(name, "")
        if not value:
            self.problem(f"{name} is not set: it is to be {meaning}")
        return value

    def optional(self, name: str) -> str | None:
        """Read a text that may be absent or empty."""
        return self._variables.get(name) or None

    def number(self, name: str, default: int, *, least: int, most: int) -> int:
        """Read a whole number."""
        text = self._variables.get(name) or str(default)
        if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
            self.problem(f"{name} is {text!r}: it is to be a whole number from {least} to {most}")
            return default
        return int(text)

    def file(self, name: str, meaning: str) -> Path:
        """Read the path of a file that has to be there."""
        value = self.text(name, f"the path of {meaning}")
        return self._readable(name, value, meaning) or Path(value)

    def optional_file(self, name: str, meaning: str) -> Path | None:
        """Read the path of a file; None where the variable is absent or empty."""
        value = self.optional(name)
        return self._readable(name, value, meaning) if value else None

    def service(self, name: str | None, origin: str) -> str:
        """Check that a section of the connection service file is there.

        Args:
            name: Of the section.
            origin: What named it.
        """
        path = self.file("PGSERVICEFILE", "a PostgreSQL connection service file")
        if not name or not _SERVICE.fullmatch(name):
            self.problem(f"{origin} is {name or ''!r}: it is to name a section of PGSERVICEFILE")
        elif path.is_file() and f"[{name}]" not in (line.strip() for line in path.read_text().splitlines()):
            self.problem(f"{origin} is {name!r}, and {path} has no section [{name}]")
        return name or ""

    def bucket(self, prefix: str, meaning: str, *, name: str | None = None) -> BucketSettings:
        """Read a bucket from the variables `<prefix>_ENDPOINT`, `_BUCKET`, `_REGION`, `_CREDENTIALS_FILE`, `_CA_FILE`.

        Args:
            prefix: What their names begin with.
            meaning: What the bucket is for.
            name: Given elsewhere than in `_BUCKET`.
        """
        endpoint = self.optional(f"{prefix}_ENDPOINT")
        if endpoint and (urlsplit(endpoint).scheme not in ("http", "https") or not urlsplit(endpoint).hostname):
            self.problem(f"{prefix}_ENDPOINT is {endpoint!r}: it is to be a URL such as https://s3.example.com")
        bucket = name or self.text(f"{prefix}_BUCKET", f"the name of {meaning}")
        region = self.text(f"{prefix}_REGION", "the region of the bucket, such as us-east-1 (auto for R2)")
        credentials = self.file(f"{prefix}_CREDENTIALS_FILE", f"an AWS shared credentials file for {meaning}")
        authority = self.optional_file(f"{prefix}_CA_FILE", "the authorities to trust, as PEM")
        key, secret, token = self._key(f"{prefix}_CREDENTIALS_FILE", credentials)
        return BucketSettings(
            endpoint=endpoint,
            bucket=bucket,
            region=region,
            credentials_file=credentials,
            access_key=key,
            secret_key=secret,
            session_token=token,
            ca_file=authority,
        )

    def _key(self, name: str, path: Path) -> tuple[str, str, str | None]:
        if not path.is_file():
            return "", "", None
        parser = configparser.ConfigParser(interpolation=None)
        try:
            parser.read_string(path.read_text())
            profile = parser[_PROFILE]
            return profile["aws_access_key_id"], profile["aws_secret_access_key"], profile.get("aws_session_token")
        except (configparser.Error, KeyError, ValueError):
            # Nothing of what the parser says: it quotes the line.
            wanted = "aws_access_key_id and aws_secret_access_key"
            self.problem(f"{name}: {path} has no section [{_PROFILE}] with {wanted}")
            return "", "", None

    def _readable(self, name: str, value: str, meaning: str) -> Path | None:
        if not value:
            return None
        path = Path(value)
        try:
            with path.open("rb"):
                return path
        except OSError as error:
            self.problem(f"{name} is {value!r}, which cannot be read ({error.strerror}): it is to be {meaning}")
            return None
