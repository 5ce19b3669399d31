"""``minio:index/iamPolicy:IamPolicy``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, ClassVar

from sandbox.engine.plugins.minio.connection import AbsentError, Server
from sandbox.engine.plugins.minio.documents import policy_name_problem, policy_problem, same_policy, unique_id
from sandbox.engine.plugins.protocol.properties import Property
from sandbox.engine.plugins.protocol.resource import Created, Resource
from sandbox.engine.plugins.protocol.schema import Schema

if TYPE_CHECKING:
    from sandbox.engine.plugins.protocol.values import Values


class Policy(Resource[Server]):
    """A named policy. Like the official plugin, creation overwrites a policy of the same name."""

    token = "minio:index/iamPolicy:IamPolicy"  # noqa: S105 - a type token
    identity = ("name",)
    schema: ClassVar[Schema] = Schema(
        {
            "name": Property(
                computed=True, autoname=True, force_new=True, conflicts=("namePrefix",), problem=policy_name_problem
            ),
            "namePrefix": Property(force_new=True, conflicts=("name",), problem=policy_name_problem),
            "policy": Property(required=True, same=same_policy, problem=policy_problem),
        }
    )

    def create(self, client: Server, new: Values) -> Created:
        """Write the policy."""
        name = new["name"] or unique_id(new["namePrefix"] or "terraform-")
        self._put(client, name, new["policy"])
        return Created(name, {"name": name})

    def read(self, client: Server, identifier: str, state: Values) -> Values | None:
        """Read the policy; the stored text stays as long as it means the same."""
        try:
            with client.explained(f"unable to read policy ({identifier})", "XMinioAdminNoSuchPolicy"):
                found = client.admin.policy_info(identifier)
        except AbsentError:
            return None
        known = state.get("policy") or ""
        return {"name": identifier, "policy": known if same_policy(known, found) else found}

    def update(self, client: Server, identifier: str, old: Values, new: Values) -> Values:  # noqa: ARG002
        """Overwrite the policy."""
        self._put(client, identifier, new["policy"])
        return {}

    def delete(self, client: Server, identifier: str, state: Values) -> None:  # noqa: ARG002
        """Remove the policy; the server refuses while it is attached."""
        try:
            with client.explained(f"unable to delete policy ({identifier})", "XMinioAdminNoSuchPolicy"):
                client.admin.policy_remove(identifier)
        except AbsentError:
            return

    def _put(self, client: Server, name: str, policy: str) -> None:
        with client.explained(f"unable to write policy ({name})"):
            client.admin.policy_add(name, policy=json.loads(policy))
