"""Collects, while a command runs, what its result will say."""

from __future__ import annotations

import logging
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mlflow_backup.failures import ExitCode, as_failure
from mlflow_backup.result import Result

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlflow_backup.archive.manifest import Manifest

_LOG = logging.getLogger(__name__)


class Report:
    """What is known so far."""

    def __init__(self, command: str) -> None:
        self.command = command
        self.id = self.created = ""
        self.objects = self.bytes = 0
        self.phases: dict[str, float] = {}
        self.warnings: list[str] = []
        self.details: dict[str, Any] = {}
        self._started = datetime.now(UTC)
        self._began = time.monotonic()

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Time a part, and log where it begins."""
        _LOG.info("%s: %s", self.command, name, extra={"facts": {"backup": self.id} if self.id else {}})
        began = time.monotonic()
        try:
            yield
        finally:
            self.phases[name] = round(time.monotonic() - began, 3)

    def warn(self, message: str) -> None:
        """Note what a person should know although the command succeeds."""
        _LOG.warning("%s", message)
        self.warnings.append(message)

    def about(self, manifest: Manifest) -> None:
        """Note which backup it is about."""
        self.id, self.created, self.objects = str(manifest.id), manifest.created, manifest.artifacts.count

    def result(self, error: BaseException | None = None) -> Result:
        """Sum up, after success or after an error."""
        code, reason, message = as_failure(error) if error else (ExitCode.DONE, "", "")
        return Result(
            command=self.command,
            ok=code is ExitCode.DONE,
            exit_code=int(code),
            reason=reason,
            message=message,
            started=self._started.isoformat(timespec="seconds"),
            ended=datetime.now(UTC).isoformat(timespec="seconds"),
            duration_seconds=round(time.monotonic() - self._began, 3),
            id=self.id,
            created=self.created,
            objects=self.objects,
            bytes=self.bytes,
            phases=self.phases,
            warnings=tuple(self.warnings),
            details=self.details,
        )
