"""``minio:index/iamServiceAccount:IamServiceAccount``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, ClassVar

from sandbox.engine.plugins.minio.connection import AbsentError, Server, generated_secret
from sandbox.engine.plugins.minio.documents import policy_problem, same_policy
from sandbox.engine.plugins.protocol.properties import Kind, Property
from sandbox.engine.plugins.protocol.resource import Created, PartialFailureError, Resource, ResourceError
from sandbox.engine.plugins.protocol.schema import Schema

if TYPE_CHECKING:
    from sandbox.engine.plugins.protocol.values import Values

_ABSENT = ("XMinioInvalidIAMCredentials", "XMinioAdminServiceAccountNotFound", "XMinioAdminNoSuchAccessKey")


class ServiceAccount(Resource[Server]):
    """An access key of a user.

    As with the official plugin, one without ``policy`` never comes to rest: the server answers with the user's own
    policy, which then differs from none.
    """

    token = "minio:index/iamServiceAccount:IamServiceAccount"  # noqa: S105 - a type token
    schema: ClassVar[Schema] = Schema(
        {
            "targetUser": Property(required=True, force_new=True),
            "policy": Property(same=same_policy, problem=policy_problem),
            "disableUser": Property(kind=Kind.BOOLEAN, default=False),
            "updateSecret": Property(kind=Kind.BOOLEAN, default=False),
            "accessKey": Property(computed=True, given=False),
            "secretKey": Property(computed=True, given=False, secret=True),
            "status": Property(computed=True, given=False),
        }
    )

    def create(self, client: Server, new: Values) -> Created:
        """Create the key. Its secret is told this once, so that a later failure must not lose it."""
        with client.explained(f"error creating service account ({new['targetUser']})"):
            created = client.admin.add_service_account_for(new["targetUser"], new["policy"])
        outputs = {"accessKey": created["accessKey"], "secretKey": created["secretKey"]}
        if new["disableUser"]:
            try:
                self._set(client, created["accessKey"], status="off")
            except ResourceError as error:
                state = new | outputs | {"disableUser": False}
                raise PartialFailureError(created["accessKey"], state, str(error)) from error
        return Created(created["accessKey"], outputs)

    def read(self, client: Server, identifier: str, state: Values) -> Values | None:
        """Read status, user and policy. As with the official plugin a deleted key is an error, not an absence."""
        try:
            with client.explained(f"error reading service account {identifier}", *_ABSENT):
                found = json.loads(client.admin.get_service_account(identifier))
        except AbsentError as error:
            raise ResourceError(
                f"{error}; it was deleted outside Pulumi: take it out of the state with `pulumi state delete URN`, "
                "then `pulumi up` creates another one"
            ) from error
        known, actual = state.get("policy") or "", found.get("policy") or ""
        return {
            "accessKey": identifier,
            "targetUser": found.get("parentUser"),
            "status": found.get("accountStatus"),
            "disableUser": found.get("accountStatus") == "off",
            "policy": known if same_policy(known, actual) else actual,
        }

    def update(self, client: Server, identifier: str, old: Values, new: Values) -> Values:
        """Change policy and status; ``updateSecret`` makes a new secret at every update."""
        secret = generated_secret() if new["updateSecret"] else None
        policy = new["policy"] if new["policy"] and not same_policy(old.get("policy") or "", new["policy"]) else None
        self._set(client, identifier, status="off" if new["disableUser"] else "on", secret=secret, policy=policy)
        return {"secretKey": secret} if secret else {}

    def delete(self, client: Server, identifier: str, state: Values) -> None:  # noqa: ARG002
        """Delete the key."""
        try:
            with client.explained(f"error deleting service account {identifier}", *_ABSENT):
                client.admin.delete_service_account(identifier)
        except AbsentError:
            return

    def _set(
        self, client: Server, key: str, *, status: str, secret: str | None = None, policy: str | None = None
    ) -> None:
        with client.explained(f"error updating service account {key}"):
            client.admin.update_service_account(
                access_key=key, status=status, secret_key=secret, policy=json.loads(policy) if policy else None
            )
