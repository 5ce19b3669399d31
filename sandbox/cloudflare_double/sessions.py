"""Who is logged in to what, and for how long."""

from __future__ import annotations

import json
import secrets
import threading
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from sandbox.private_files import write_private

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sandbox.cloudflare_double.clock import Clock


@dataclass(frozen=True)
class Session:
    """A visitor's stay at one application."""

    identifier: str
    audience: str
    subject: str
    """The person's e-mail or the service token's client id."""
    ends: float
    since: int = 0
    """When it began, in whole seconds of real time as tokens tell it: no token from before is of this session."""


class Sessions:
    """Every session, kept over restarts in one file of mode 0600.

    As documented under "Manage user sessions", a session lasts for its life unless the visitor logs out or it is
    revoked: what policies say later does not end it.

    Cloudflare also keeps a global session at the team domain that logs people in to the next application without
    asking. The double has none: whoever has no session at an application is asked.
    """

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._file = folder / "sessions.json"
        self._clock = clock
        self._lock = threading.Lock()
        stored = json.loads(self._file.read_text()) if self._file.exists() else []
        self._sessions = {session.identifier: session for session in (Session(**fields) for fields in stored)}

    def start(self, subject: str, audience: str, seconds: float, *, identifier: str = "") -> Session:
        """Begins a session, under a random identifier unless one is given."""
        ends = self._clock.now() + seconds
        session = Session(identifier or secrets.token_urlsafe(12), audience, subject, ends, int(time.time()))
        with self._lock:
            self._sessions[session.identifier] = session
            self._write()
        return session

    def find(self, identifier: str, audience: str) -> Session | None:
        """The session, if it is of this application and has not run out."""
        session = self._sessions.get(identifier)
        if session is None or session.audience != audience or session.ends <= self._clock.now():
            return None
        return session

    def end(self, subject: str) -> bool:
        """Ends every session of a visitor, as logging out is documented to; tells whether there was any."""
        return self._end(lambda session: session.subject == subject)

    def end_all(self, audience: str) -> None:
        """Ends the sessions of every visitor to an application."""
        self._end(lambda session: session.audience == audience)

    def remaining(self, session: Session) -> int:
        """Whole seconds that a session has left."""
        return int(session.ends - self._clock.now())

    def _end(self, chosen: Callable[[Session], bool]) -> bool:
        with self._lock:
            self._forget_ended()
            before = len(self._sessions)
            self._sessions = {key: session for key, session in self._sessions.items() if not chosen(session)}
            self._write()
            return len(self._sessions) < before

    def _forget_ended(self) -> None:
        now = self._clock.now()
        self._sessions = {key: session for key, session in self._sessions.items() if session.ends > now}

    def _write(self) -> None:
        self._forget_ended()
        write_private(self._file, json.dumps([asdict(session) for session in self._sessions.values()], indent=1))
