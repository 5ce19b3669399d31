"""``access/service_tokens``: credentials of machines."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Final

from sandbox.cloudflare_double.api.envelope import bad_request, invalid, success
from sandbox.cloudflare_double.api.fields import NUMBER, Field, not_blank, read
from sandbox.cloudflare_double.api.resource import Resource, Scope, new_id
from sandbox.cloudflare_double.api.selectors import users_of
from sandbox.cloudflare_double.api.times import duration_problem, now, parse_duration, parse_time, time_problem, written

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.responses import JSONResponse

    from sandbox.cloudflare_double.api.operations import Call
    from sandbox.cloudflare_double.api.resource import Run
    from sandbox.cloudflare_double.store import Record


def _life_problem(text: str) -> str | None:
    if text == "forever":
        return None
    return duration_problem(text) or (None if parse_duration(text) > timedelta() else "must be longer than nothing")


def _version_problem(number: float) -> str | None:
    return None if number >= 1 and number == int(number) else "must be a whole number from 1 on"


_CHANGES: Final[dict[str, Field]] = {
    "name": Field(problem=not_blank),
    "duration": Field(problem=_life_problem),
    "enabled": Field(kind=bool),
    "client_secret_version": Field(kind=NUMBER, problem=_version_problem),
    "previous_client_secret_expires_at": Field(problem=time_problem),
}
_FIELDS: Final = _CHANGES | {"name": Field(required=True, problem=not_blank)}
_ROTATION: Final = {"previous_client_secret_expires_at": _CHANGES["previous_client_secret_expires_at"]}
_SHOWN: Final = ("id", "name", "client_id", "duration", "enabled", "expires_at", "created_at", "updated_at")


class ServiceTokens(Resource):
    """A token's secret is shown by the answer that makes it, and never again."""

    kind = "service_tokens"
    path = "access/service_tokens"
    filters: ClassVar[frozenset[str]] = frozenset({"name"})

    def new(self, scope: Scope, body: Mapping[str, Any]) -> Record:  # noqa: ARG002 - refers to nothing
        """A new token with its first secret."""
        values = read(_FIELDS, body, invalid)
        created = now()
        record: Record = {
            "id": new_id(),
            "name": values["name"],
            "client_id": f"{secrets.token_hex(16)}.access",
            "enabled": values["enabled"] is not False,
            "created_at": written(created),
            "updated_at": written(created),
            "client_secret_version": int(values["client_secret_version"] or 1),
            "previous_client_secret_expires_at": values["previous_client_secret_expires_at"],
            "secrets": [_new_secret()],
        }
        return record | _life(values["duration"] or "8760h")

    def changed(self, scope: Scope, old: Record, body: Mapping[str, Any], method: str) -> Record:  # noqa: ARG002
        """The token with what the body says; the next version of the secret rotates it."""
        values = read(_CHANGES, body, invalid)
        given = {name: value for name, value in values.items() if value is not None}
        record = old | {name: given[name] for name in ("name", "enabled") if name in given}
        if given.get("duration", old["duration"]) != old["duration"]:
            record |= _life(given["duration"])
        end = given.get("previous_client_secret_expires_at")
        version = given.get("client_secret_version", old["client_secret_version"])
        if version == old["client_secret_version"] + 1:
            record = _rotated(record, end)
        elif version != old["client_secret_version"]:
            current = old["client_secret_version"]
            raise invalid(f"client_secret_version must be {current}, or {current + 1} to rotate the secret")
        elif end is not None:
            record |= {"previous_client_secret_expires_at": end}
            record["secrets"] = [record["secrets"][0], *(_ending(secret, end) for secret in record["secrets"][1:])]
        return record | {"updated_at": written(now())}

    def shown(self, scope: Scope, record: Record) -> Record:  # noqa: ARG002 - refers to nothing
        """The token without its secrets."""
        return {name: record[name] for name in _SHOWN}

    def shown_new(self, scope: Scope, record: Record) -> Record:
        """The token with the secret that was just made."""
        return self.shown(scope, record) | {"client_secret": record["secrets"][0]["value"]}

    def shown_changed(self, scope: Scope, old: Record, record: Record) -> Record:
        """The new secret, where the update rotated it."""
        same = old["client_secret_version"] == record["client_secret_version"]
        return self.shown(scope, record) if same else self.shown_new(scope, record)

    def further(self, item: str) -> Sequence[tuple[str, str, Run]]:
        """The two shorthands beside the update."""
        return [("POST", f"{item}/rotate", self._rotate), ("POST", f"{item}/refresh", self._refresh)]

    def _rotate(self, call: Call) -> JSONResponse:
        values = read(_ROTATION, call.body, invalid)
        record = _rotated(self.present(call.scope, call.identifier), values["previous_client_secret_expires_at"])
        call.scope.store.replace(self.kind, call.scope.id, record)
        return success(self.shown_new(call.scope, record))

    def _refresh(self, call: Call) -> JSONResponse:
        read({}, call.body, invalid)
        record = self.present(call.scope, call.identifier)
        record |= _life(record["duration"]) | {"updated_at": written(now())}
        call.scope.store.replace(self.kind, call.scope.id, record)
        return success(self.shown(call.scope, record))

    def remove(self, scope: Scope, record: Record) -> Record:
        """Only a token that no policy and no group names can go."""
        if users_of(scope, "service_tokens", record["id"]):
            raise bad_request(
                12139,
                "access.api.error.service_token_in_use: cannot delete service token because it is used by a policy, "
                "group, or app SCIM configuration.",
            )
        super().remove(scope, record)
        return self.shown(scope, record)


def _rotated(record: Record, end: str | None) -> Record:
    """The token with a new secret; the one before it is good until ``end``, and no other is."""
    before = [] if end is None else [_ending(record["secrets"][0], end)]
    return record | {
        "client_secret_version": record["client_secret_version"] + 1,
        "previous_client_secret_expires_at": end,
        "secrets": [_new_secret(), *before],
    }


def _life(duration: str) -> Record:
    if duration == "forever":
        return {"duration": duration, "expires_at": None}
    try:
        end = now() + parse_duration(duration)
    except OverflowError as error:
        raise invalid(f"duration is invalid: {duration} is too long") from error
    return {"duration": duration, "expires_at": written(end)}


def _new_secret() -> Record:
    return {"value": secrets.token_hex(32), "expires_at": None}


def _ending(secret: Record, end: str) -> Record:
    return secret | {"expires_at": written(parse_time(end))}
