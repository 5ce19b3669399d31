"""``cfd_tunnel``: tunnels, the tokens that run them, and their configurations."""

from __future__ import annotations

import base64
import binascii
import json
import secrets
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar, Final

from sandbox.cloudflare_double.api.envelope import ApiError, Problem, bad_request, success
from sandbox.cloudflare_double.api.fields import Field, not_blank, one_of, read
from sandbox.cloudflare_double.api.resource import Resource, Scope, new_id
from sandbox.cloudflare_double.api.times import now, written
from sandbox.cloudflare_double.api.tunnel_configurations import read_configuration

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.responses import JSONResponse

    from sandbox.cloudflare_double.api.operations import Call
    from sandbox.cloudflare_double.api.resource import Run
    from sandbox.cloudflare_double.store import Record

_SECRET_BYTES: Final = 32


def _secret_problem(text: str) -> str | None:
    try:
        long_enough = len(base64.b64decode(text, validate=True)) >= _SECRET_BYTES
    except binascii.Error:
        long_enough = False
    return None if long_enough else f"must be the base64 of at least {_SECRET_BYTES} bytes"


_CHANGES: Final[dict[str, Field]] = {
    "name": Field(problem=not_blank),
    "tunnel_secret": Field(problem=_secret_problem),
}
_FIELDS: Final = _CHANGES | {
    "name": Field(required=True, problem=not_blank),
    "config_src": Field(default="local", problem=one_of("local", "cloudflare")),
}


def _refused(message: str) -> ApiError:
    return bad_request(1001, f"Bad Request: {message}")


class Tunnels(Resource):
    """Ways in that are opened from the inside.

    Like Cloudflare's, a deleted tunnel can still be read, with ``deleted_at``, and its name is free again.
    """

    kind = "tunnels"
    path = "cfd_tunnel"
    area = "tunnel"
    created = HTTPStatus.OK
    deleted = HTTPStatus.OK
    update_methods = ("PATCH",)
    per_page = 1000
    filters: ClassVar[frozenset[str]] = frozenset({"name", "uuid", "is_deleted", "status"})

    def new(self, scope: Scope, body: Mapping[str, Any]) -> Record:
        """A new tunnel, which nothing runs yet."""
        values = read(_FIELDS, body, _refused)
        _check_unused(scope, values["name"], None)
        created = written(now())
        generated = base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()
        return {
            "id": new_id(),
            "account_tag": scope.id,
            "name": values["name"],
            "config_src": values["config_src"],
            "remote_config": values["config_src"] == "cloudflare",
            "tun_type": "cfd_tunnel",
            "status": "inactive",
            "created_at": created,
            "deleted_at": None,
            "conns_active_at": None,
            "conns_inactive_at": created,
            "connections": [],
            "metadata": {},
            "tunnel_secret": values["tunnel_secret"] or generated,
        }

    def changed(self, scope: Scope, old: Record, body: Mapping[str, Any], method: str) -> Record:  # noqa: ARG002
        """The tunnel with another name or secret."""
        _alive(old)
        given: Record = {name: value for name, value in read(_CHANGES, body, _refused).items() if value is not None}
        _check_unused(scope, (old | given)["name"], old["id"])
        return old | given

    def shown(self, scope: Scope, record: Record) -> Record:  # noqa: ARG002 - refers to nothing
        """The tunnel without its secret."""
        return {name: value for name, value in record.items() if name != "tunnel_secret"}

    def remove(self, scope: Scope, record: Record) -> Record:
        """Mark the tunnel as deleted, and forget its secret and its configuration."""
        _alive(record)
        gone = {name: value for name, value in record.items() if name not in {"tunnel_secret", "config_src"}}
        gone |= {"deleted_at": written(now()), "remote_config": False}
        scope.store.replace(self.kind, scope.id, gone)
        if scope.find("tunnel_configurations", record["id"]):
            scope.store.remove("tunnel_configurations", scope.id, record["id"])
        return gone

    def selected(self, record: Record, query: Mapping[str, str]) -> bool:
        """By name, id, status, and whether it is deleted."""
        deleted = str(record["deleted_at"] is not None).lower()
        facts = {"name": record["name"], "uuid": record["id"], "status": record["status"], "is_deleted": deleted}
        return all(facts[name] == query[name] for name in self.filters & query.keys())

    def missing(self) -> ApiError:
        """The refusal for a tunnel that never was."""
        return _missing()

    def further(self, item: str) -> Sequence[tuple[str, str, Run]]:
        """The token that runs the tunnel, and its configuration."""
        configuration = f"{item}/configurations"
        return [
            ("GET", f"{item}/token", self._token),
            ("GET", configuration, self._read_configuration),
            ("PUT", configuration, self._write_configuration),
        ]

    def _token(self, call: Call) -> JSONResponse:
        tunnel = _alive(self.present(call.scope, call.identifier))
        fields = {"a": call.scope.id, "t": tunnel["id"], "s": tunnel["tunnel_secret"]}
        return success(base64.b64encode(json.dumps(fields).encode()).decode())

    def _remote(self, call: Call) -> Record:
        tunnel = self.present(call.scope, call.identifier)
        if not tunnel["remote_config"]:
            raise ApiError(HTTPStatus.NOT_FOUND, Problem(1055, "Configuration for tunnel not found"))
        return tunnel

    def _read_configuration(self, call: Call) -> JSONResponse:
        tunnel = self._remote(call)
        found = call.scope.find("tunnel_configurations", tunnel["id"])
        return success(found or _configuration(call.scope, tunnel["id"], tunnel["created_at"], 0, None))

    def _write_configuration(self, call: Call) -> JSONResponse:
        tunnel = self._remote(call)
        config = read_configuration(call.body)
        store, old = call.scope.store, call.scope.find("tunnel_configurations", tunnel["id"])
        version = 1 if old is None else old["version"] + 1
        record = _configuration(call.scope, tunnel["id"], written(now()), version, config)
        (store.add if old is None else store.replace)("tunnel_configurations", call.scope.id, record)
        return success(record)


def _configuration(scope: Scope, tunnel: str, created: str, version: int, config: Record | None) -> Record:
    return {
        "account_id": scope.id,
        "tunnel_id": tunnel,
        "version": version,
        "config": config,
        "source": "cloudflare",
        "created_at": created,
    }


def _missing() -> ApiError:
    return ApiError(HTTPStatus.NOT_FOUND, Problem(1003, "Tunnel not found"))


def _alive(tunnel: Record) -> Record:
    if tunnel["deleted_at"] is not None:
        raise _missing()
    return tunnel


def _check_unused(scope: Scope, name: str, own: str | None) -> None:
    living = [other for other in scope.all("tunnels") if other["deleted_at"] is None and other["id"] != own]
    if any(other["name"] == name for other in living):
        message = (
            "You already have a tunnel with this name. Delete the existing tunnel, or choose a different name for "
            "your new tunnel"
        )
        raise ApiError(HTTPStatus.CONFLICT, Problem(1013, message))
