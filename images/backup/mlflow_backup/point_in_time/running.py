"""`pitr-run`: receives, ships, makes base backups, and tells how it goes, until it is told to stop."""

from __future__ import annotations

import json
import logging
import time
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mlflow_backup.archive.layout import status_key
from mlflow_backup.database.session import connected
from mlflow_backup.failures import ExitCode, as_failure
from mlflow_backup.point_in_time.barman import Barman
from mlflow_backup.point_in_time.bases import BaseTaker
from mlflow_backup.point_in_time.catalogue import finished_bases, read_position, servers, stretch
from mlflow_backup.point_in_time.places import STATUS
from mlflow_backup.point_in_time.shipping import LogShipper
from mlflow_backup.point_in_time.source import Sample, look
from mlflow_backup.result import Result
from mlflow_backup.storage.bucket import Bucket

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    from mlflow_backup.point_in_time.settings import RunSettings

_LOG = logging.getLogger(__name__)
_ROUND_SECONDS = 2.0
_LOOK_SECONDS = 5.0
_RECEIVER_PAUSE = 10.0
"""Before a stream that broke off is begun again; the server takes a while to notice that its receiver is gone."""
ALIVE = "alive"
"""File in the folder, touched with every round: by it others see that the program has not come to a halt."""
_SAMPLES = 5000
"""Kept while nothing is received: seven hours. Without the older ones, less is said to be covered than is."""
OBJECTIVE_SECONDS = 300
"""How much may be lost at most."""


def run(settings: RunSettings) -> None:
    """Run until a signal ends it. Whatever else fails is told by the status and the log, and tried again."""
    _Run(settings).forever()


class _Run:
    def __init__(self, settings: RunSettings) -> None:
        self._settings = settings
        self._target = Bucket(settings.target)
        self._barman = Barman(settings)
        self._shipper = LogShipper(
            self._target,
            settings.recipients,
            settings.platform,
            streaming=self._barman.streaming,
            spool=self._barman.spool,
        )
        self._bases = BaseTaker(settings, self._target, self._barman, self._shipper)
        self._known = False
        self._receiver: subprocess.Popen[str] | None = None
        self._started = datetime.now(UTC)
        self._samples: list[Sample] = []
        self._covered: datetime | None = None
        self._due: dict[str, float] = {}
        self._errors: dict[str, str] = {}

    def forever(self) -> None:
        self._barman.configure()
        self._attempt("barman", self._barman.forget)
        try:
            while True:
                self._round()
                (self._settings.folder / ALIVE).touch()
                time.sleep(_ROUND_SECONDS)
        finally:
            if self._receiver and self._receiver.poll() is None:
                self._receiver.terminate()
                self._receiver.wait(timeout=20)

    def _round(self) -> None:
        now = time.monotonic()
        self._receive(now)
        if self._is_due("look", now, _LOOK_SECONDS):
            self._attempt("database", self._look)
            self._attempt("bases", self._tend_bases)
        self._attempt("storage", self._shipper.ship_finished)
        if self._is_due("ship", now, self._settings.ship_seconds):
            self._attempt("shipping", self._ship)
            self._attempt("barman", self._barman.archive)
            self._attempt("status", self._tell)

    def _receive(self, now: float) -> None:
        if (self._receiver is None or self._receiver.poll() is not None) and self._is_due(
            "receive", now, _RECEIVER_PAUSE
        ):
            if self._receiver is not None:
                _LOG.warning("the stream of the log has ended: it is begun again")
                self._attempt("slot", self._mend_slot)
            self._receiver = self._barman.start_receiver()

    def _mend_slot(self) -> None:
        """Begin anew where the server has thrown away what the slot stood for: it leaves a gap, and does not heal."""
        if self._samples and self._samples[-1].slot == "lost":
            _LOG.error("the server has removed a part of the log before it was received: the slot is made anew")
            self._barman.drop_slot()

    def _look(self) -> None:
        with connected(self._settings.service) as session:
            self._samples = [*self._samples[-_SAMPLES:], look(session, self._settings.slot)]

    def _ship(self) -> None:
        """Ship all that has been received, and work out until when nothing is missing."""
        # What was received is read before it is shipped: what comes in between counts the next time.
        received = self._samples[-1].received if self._samples else None
        self._shipper.ship_finished()
        self._shipper.ship_partial()
        if received is not None:
            done = [sample for sample in self._samples if sample.flushed <= received]
            if done:
                self._covered = done[-1].at
            self._samples = [sample for sample in self._samples if sample.flushed > received] or self._samples[-1:]
        self._shipper.publish(self._covered)

    def _tend_bases(self) -> None:
        if not self._known:
            self._remember()
            self._known = True
        if self._samples and self._samples[-1].active:  # Barman makes none while it does not receive the log
            self._bases.begin_if_due(datetime.now(UTC))

    def _remember(self) -> None:
        """Find the newest base backup, and whether the log has been whole since."""
        found = servers(self._target, self._settings.platform)
        bases = finished_bases(self._target, found)
        if not bases:
            return
        server, newest = bases[0]
        if gap := stretch(server, newest, None, read_position(self._target, server)).gap:
            _LOG.error("%s: a new base backup is needed", gap)
            self._shipper.gaps.append(gap)
        self._bases.newest = newest

    def _tell(self) -> None:
        result = self._result(datetime.now(UTC))
        text = json.dumps(asdict(result), ensure_ascii=False)
        self._target.put(status_key(STATUS), text.encode())
        if result.ok:
            self._target.put(status_key(STATUS, succeeded=True), text.encode())
        _LOG.log(
            logging.INFO if result.ok else logging.WARNING,
            "point in time: %s",
            result.message or "in order",
            extra={"facts": dict(result.details)},
        )

    def _result(self, now: datetime) -> Result:
        newest, sample = self._bases.newest, self._samples[-1] if self._samples else None
        lag = (now - self._covered).total_seconds() if self._covered else None
        reason, message = self._verdict(lag)
        details: dict[str, Any] = {
            "covered_until": self._covered.isoformat(timespec="seconds") if self._covered else "",
            "lag_seconds": None if lag is None else round(lag, 1),
            "shipped_segment": self._shipper.newest,
            "received_lsn": _lsn(sample.received) if sample else "",
            "server_lsn": _lsn(sample.flushed) if sample else "",
            "slot": (sample.slot or "") if sample else "",
            "slot_retained_bytes": sample.retained if sample else 0,
            "base": newest.id if newest else "",
            "base_ended": newest.ended if newest else "",
            "base_age_seconds": round((now - newest.ended_at).total_seconds()) if newest else None,
            "base_error": self._bases.error,
            "gap": self._shipper.gaps[-1] if self._bases.pending_gap() else "",
            "errors": {name: text for name, text in self._errors.items() if text},
        }
        return Result(
            command=STATUS,
            ok=not reason,
            exit_code=int(ExitCode.FAULT if reason else ExitCode.DONE),
            reason=reason,
            message=message,
            started=self._started.isoformat(timespec="seconds"),
            ended=now.isoformat(timespec="seconds"),
            duration_seconds=round((now - self._started).total_seconds(), 3),
            id=newest.id if newest else "",
            created=newest.ended if newest else "",
            bytes=newest.stored_bytes if newest else 0,
            details=details,
        )

    def _verdict(self, lag: float | None) -> tuple[str, str]:
        if self._bases.newest is None or self._bases.is_of_another_server():
            return (
                "no-base",
                f"there is no base backup of this server yet: no moment of it can be had. {self._bases.error}".strip(),
            )
        if self._bases.pending_gap():
            return "gap", self._shipper.gaps[-1]
        if lag is None or lag > OBJECTIVE_SECONDS:
            why = "; ".join(text for text in self._errors.values() if text)
            return "behind", f"the log is shipped too late: {why or 'it is not received'}"
        return "", ""

    def _attempt(self, what: str, work: Callable[[], object]) -> None:
        try:
            work()
        except Exception as error:  # noqa: BLE001 - the rest has to go on
            message = as_failure(error)[2]
            if message != self._errors.get(what):
                _LOG.warning("%s: %s", what, message)
            self._errors[what] = message
        else:
            self._errors[what] = ""

    def _is_due(self, what: str, now: float, seconds: float) -> bool:
        if now < self._due.get(what, 0.0):
            return False
        self._due[what] = now + seconds
        return True


def _lsn(address: int | None) -> str:
    return "" if address is None else f"{address >> 32:X}/{address & 0xFFFFFFFF:X}"
