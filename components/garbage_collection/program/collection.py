"""The way through all that is due: each thing by itself, so that a broken one stays alone with its fault."""

from __future__ import annotations

import logging
import time
from contextlib import nullcontext
from typing import TYPE_CHECKING

from components.database_session.connection import engine_of
from components.program_logging.redaction import in_one_line

from .outcome import Fate, Kind, LaterError, Outcome, RefusedError, Summary, Tally
from .trash import KeptError, Trash
from .turns import Turns

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from threading import Event

    from .settings import Settings
    from .trash import Due

_LOG = logging.getLogger(__name__)
_APPLICATION = "mlflow-gc"
_DAY_MS = 86_400_000


def run(settings: Settings, stop: Event) -> Summary:
    """Collect, or tell in a dry run what would go, which takes no lock since it changes nothing."""
    now_ms = time.time_ns() // 1_000_000
    engine = engine_of(settings.uri, _APPLICATION)
    tally = Tally()
    try:
        with nullcontext() if settings.dry_run else Turns(engine, settings, stop) as turns:
            trash = Trash(engine, settings, now_ms - settings.min_ms)
            due = trash.due()
            for each in due:
                tally.expect(each.kind)
            _LOG.info("%s things have been deleted for %s days or more", len(due), settings.min_days)
            if turns is None:
                _tell(trash, due, tally, now_ms)
            else:
                _remove(trash, due, tally, turns, Clock(settings.work_seconds))
    except LaterError as later:
        return Summary(Outcome.RETRY_LATER, str(later), tally, settings.dry_run)
    except RefusedError as refused:
        return Summary(Outcome.REFUSED, str(refused), tally, settings.dry_run)
    return _ended(tally, dry_run=settings.dry_run)


class Clock:
    """Says when it is time to begin nothing more."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._end = clock() + seconds

    @property
    def is_up(self) -> bool:
        """Whether the time is over."""
        return self._clock() >= self._end


def _remove(trash: Trash, due: Sequence[Due], tally: Tally, turns: Turns, clock: Clock) -> None:
    for each in due:
        if clock.is_up:
            _LOG.warning("the time is up; %s things are left for the next time", tally.left)
            return
        turns.go_on()
        about = {"kind": each.kind.singular, "id": each.id}
        try:
            trash.remove(each)
        except KeptError as kept:
            tally.add(each.kind, Fate.KEPT)
            _LOG.info("passed over: %s", kept, extra={**about, "reason": str(kept)})
        except LaterError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it was, it is one thing's own
            # Without the database nothing can be removed, and it is nobody's own fault.
            turns.check()
            tally.add(each.kind, Fate.FAILED)
            _LOG.exception("cannot be removed", extra={**about, "reason": in_one_line(error)})
        else:
            tally.add(each.kind, Fate.REMOVED)
            _LOG.info("removed", extra=about)


def _tell(trash: Trash, due: Sequence[Due], tally: Tally, now_ms: int) -> None:
    for each in due:
        about = {
            "kind": each.kind.singular,
            "id": each.id,
            "age_days": round((now_ms - each.since_ms) / _DAY_MS, 1),
        }
        try:
            trash.check(each)
        except KeptError as kept:
            if each.kind is Kind.EXPERIMENT:
                _LOG.info("would be removed once it is empty: %s", kept, extra=about)
                continue
            tally.add(each.kind, Fate.KEPT)
            _LOG.info("would be passed over: %s", kept, extra={**about, "reason": str(kept)})
        else:
            _LOG.info("would be removed", extra=about)


def _ended(tally: Tally, *, dry_run: bool) -> Summary:
    if not tally.due:
        return Summary(Outcome.NOTHING_TO_DO, "nothing has been deleted for so long", tally, dry_run)
    kept, left = tally.total(Fate.KEPT), tally.left
    if dry_run:
        return Summary(Outcome.DONE, f"dry run: {left} would be removed, {kept} passed over", tally, dry_run)
    removed, failed = tally.total(Fate.REMOVED), tally.total(Fate.FAILED)
    outcome = Outcome.INCOMPLETE if failed else Outcome.DONE
    reason = f"{removed} removed, {kept} passed over, {failed} could not be removed, {left} left for the next time"
    return Summary(outcome, reason, tally, dry_run)
