"""``minio:index/iamUserPolicyAttachment:IamUserPolicyAttachment``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, ClassVar

from sandbox.engine.plugins.minio.connection import AbsentError, Server
from sandbox.engine.plugins.minio.documents import policy_name_problem, unique_id, user_name_problem
from sandbox.engine.plugins.protocol.properties import Property
from sandbox.engine.plugins.protocol.resource import Created, Resource, ResourceError
from sandbox.engine.plugins.protocol.schema import Schema

if TYPE_CHECKING:
    from sandbox.engine.plugins.protocol.values import Values


class PolicyAttachment(Resource[Server]):
    """One policy of one user; other policies of the user are left alone."""

    token = "minio:index/iamUserPolicyAttachment:IamUserPolicyAttachment"  # noqa: S105 - a type token
    identity = ("userName", "policyName")
    schema: ClassVar[Schema] = Schema(
        {
            "userName": Property(required=True, force_new=True, problem=user_name_problem),
            "policyName": Property(required=True, force_new=True, problem=policy_name_problem),
        }
    )

    def create(self, client: Server, new: Values) -> Created:
        """Attach the policy; one that is attached already is as wanted."""
        user, policy = new["userName"], new["policyName"]
        with client.explained(f"Unable to Set User policy ({user} {policy})"), client.attaching:
            attached = _attached(client, user)
            if policy not in attached:
                client.admin.policy_set(",".join([*attached, policy]), user=user)
        return Created(unique_id(f"{user}-"), {})

    def read(self, client: Server, identifier: str, state: Values) -> Values | None:
        """Look whether the user has the policy. An import names both: ``user/policy``."""
        user, policy = state.get("userName"), state.get("policyName")
        if not user or not policy:
            user, _, policy = identifier.partition("/")
        if not user or not policy:
            raise ResourceError(f"unexpected format of ID ({identifier}), expected <user-name>/<policy-name>")
        try:
            with client.explained(f"Fail to load user Infos ({user})", "XMinioAdminNoSuchUser"):
                attached = _attached(client, user)
        except AbsentError:
            return None
        return {"userName": user, "policyName": policy} if policy in attached else None

    def delete(self, client: Server, identifier: str, state: Values) -> None:  # noqa: ARG002
        """Detach the policy, unless the user or the attachment itself is gone."""
        user, policy = state["userName"], state["policyName"]
        what = f"Unable to delete user policy ({user} {policy})"
        try:
            with client.explained(what, "XMinioAdminNoSuchUser"), client.attaching:
                attached = _attached(client, user)
                if policy in attached:
                    client.admin.policy_set(",".join(name for name in attached if name != policy), user=user)
        except AbsentError:
            # The server says so of a disabled user too, whom only an administrator may let in again.
            return


def _attached(client: Server, user: str) -> list[str]:
    """Name the policies of a user. The whole list is read and written, as the official plugin does."""
    names = json.loads(client.admin.user_info(user)).get("policyName") or ""
    return [name for name in names.split(",") if name]
