"""Ending sessions before their time: everybody's at one application, or one person's at all of them.

As documented under "Revoke application tokens" and "Revoke all Access tokens for a user". Neither keeps anybody out:
whom the policies let in logs in again.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from sandbox.cloudflare_double.api.envelope import bad_request, invalid, not_found, success
from sandbox.cloudflare_double.api.fields import Field, email_problem, only, read
from sandbox.cloudflare_double.api.names import inside
from sandbox.cloudflare_double.api.operations import Call, Operation

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.responses import JSONResponse

    from sandbox.cloudflare_double.sessions import Sessions

_APPLICATION: Final = "access/apps/{identifier}/revoke_tokens"
_PERSON: Final = "access/organizations/revoke_user"
_RIGHTS: Final = frozenset({"access:revoke"})
"""Stands for "Access: Apps and Policies Revoke" and "Access: Organizations Revoke", as access:write does for theirs."""
_FIELDS: Final[Mapping[str, Field]] = {
    "email": Field(required=True, problem=email_problem),
    # The double has no devices and no WARP, and knows people by their e-mail alone.
    "devices": Field(kind=bool, problem=only(value=False)),
    "user_uid": Field(problem=only("")),
    "warp_session_reauth": Field(kind=bool, problem=only(value=False)),
}


def revocations(sessions: Sessions, account_id: str) -> Sequence[Operation]:
    """What ends sessions of the account's applications."""

    def of_application(call: Call) -> JSONResponse:
        read({}, call.body, invalid)
        application = call.scope.store.find("apps", account_id, call.identifier)
        zone = call.scope.zones.get(call.scope.id)
        # What a zone may do to an application that has hosts elsewhere is not documented.
        if application is None or (zone and not all(inside(host, zone) for host in application["self_hosted_domains"])):
            raise not_found()
        sessions.end_all(application["aud"])
        return success({}, status=HTTPStatus.ACCEPTED)

    def of_person(call: Call) -> JSONResponse:
        for name, value in call.query.items():
            if (name, value) != ("devices", "false"):
                raise bad_request(1002, f"unknown or unsupported query parameter {name}")
        email = read(_FIELDS, call.body, invalid)["email"]
        # Not documented: for somebody without a session. Refused, lest a mistyped e-mail passes for an ended session.
        if not sessions.end(email.lower()):
            raise not_found()
        return success(result=True)

    return [
        Operation("POST", _APPLICATION, "accounts", "access", of_application, _RIGHTS),
        Operation("POST", _APPLICATION, "zones", "access", of_application, _RIGHTS),
        Operation("POST", _PERSON, "accounts", "access", of_person, _RIGHTS),
    ]
