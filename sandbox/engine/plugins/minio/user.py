"""``minio:index/iamUser:IamUser``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, ClassVar

from sandbox.engine.plugins.minio.connection import AbsentError, Server, generated_secret
from sandbox.engine.plugins.minio.documents import user_name_problem
from sandbox.engine.plugins.protocol.properties import Kind, Property
from sandbox.engine.plugins.protocol.resource import Created, PartialFailureError, Resource, ResourceError
from sandbox.engine.plugins.protocol.schema import Schema

if TYPE_CHECKING:
    from sandbox.engine.plugins.protocol.values import Values


class User(Resource[Server]):
    """A user. Like the official plugin, creation takes over a user of the same name and sets its secret."""

    token = "minio:index/iamUser:IamUser"  # noqa: S105 - a type token
    identity = ("name",)
    schema: ClassVar[Schema] = Schema(
        {
            "name": Property(required=True, autoname=True, force_new=True, problem=user_name_problem),
            "secret": Property(computed=True, secret=True),
            "forceDestroy": Property(kind=Kind.BOOLEAN, default=False),
            "disableUser": Property(kind=Kind.BOOLEAN, default=False),
            "updateSecret": Property(kind=Kind.BOOLEAN, default=False),
            "tags": Property(kind=Kind.MAP),
            "status": Property(computed=True, given=False),
        }
    )

    def create(self, client: Server, new: Values) -> Created:
        """Add the user; without a secret in the program one is generated."""
        name, secret = new["name"], new["secret"] or generated_secret()
        with client.explained(f"error creating user ({name})"):
            client.admin.user_add(name, secret)
        if new["disableUser"]:
            try:
                with client.explained(f"error disabling IAM User {name}"):
                    client.admin.user_disable(name)
            except ResourceError as error:
                state = new | {"secret": secret, "disableUser": False}
                raise PartialFailureError(name, state, str(error)) from error
        return Created(name, {"secret": secret})

    def read(self, client: Server, identifier: str, state: Values) -> Values | None:
        """Read the status: the server tells no secret.

        Unlike with the official plugin, a user that somebody has disabled is drift, and the next update repairs it.
        """
        try:
            with client.explained(f"error reading IAM User ({identifier})", "XMinioAdminNoSuchUser"):
                found = json.loads(client.admin.user_info(identifier))
        except AbsentError:
            return None
        status = found["status"]
        return {"name": state.get("name") or identifier, "status": status, "disableUser": status == "disabled"}

    def update(self, client: Server, identifier: str, old: Values, new: Values) -> Values:
        """Set status and secret anew. Unlike the official plugin, which then deletes a user with ``forceDestroy``."""
        status = "disabled" if new["disableUser"] else "enabled"
        secret = generated_secret() if new["updateSecret"] else new["secret"]
        with client.explained(f"error updating IAM User {identifier}"):
            if secret and secret != old.get("secret"):
                client.admin.set_user(identifier, secret, status)
            elif new["disableUser"]:
                client.admin.user_disable(identifier)
            else:
                client.admin.user_enable(identifier)
        return {"secret": secret}

    def delete(self, client: Server, identifier: str, state: Values) -> None:  # noqa: ARG002
        """Take the user out of its groups and remove it."""
        try:
            with client.explained(f"error deleting IAM User {identifier}", "XMinioAdminNoSuchUser"):
                for group in json.loads(client.admin.user_info(identifier)).get("memberOf") or []:
                    client.admin.group_remove(group, identifier)
                client.admin.user_remove(identifier)
        except AbsentError:
            return
