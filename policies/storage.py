"""Buckets and the keys to them: open to nobody, and each key to no more than its own."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from policies.resource import Resource, mapping, sequence, shown
from policies.rule import Rule, Violation

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_BUCKET = ":S3Bucket"
_BUCKET_POLICY = ":S3BucketPolicy"
_KEY_POLICIES = (":IamPolicy", ":IamGroupPolicy", ":IamServiceAccount")
_EVERYTHING = re.compile(r"(arn:aws:s3:::)?[*/]+")


def _private(resources: Sequence[Resource]) -> Iterator[Violation]:
    for resource in resources:
        acl = resource.inputs.get("acl", "private")  # the provider's default
        if resource.type.endswith((_BUCKET, ":S3Object")) and acl != "private":
            yield Violation(resource, f"acl is {shown(acl)}")
        if resource.type.endswith(_BUCKET_POLICY):
            statements = _statements(resource)
            if statements is None:
                yield Violation(resource, "the policy cannot be read before the update")
            for statement in statements or []:
                if statement.get("Effect") == "Allow" and _everybody(statement.get("Principal")):
                    yield Violation(resource, f"the policy allows everybody {_listed(statement.get('Action'))}")


def _narrow(resources: Sequence[Resource]) -> Iterator[Violation]:
    for resource in resources:
        statements = _statements(resource) if resource.type.endswith(_KEY_POLICIES) else []
        if statements is None:
            yield Violation(resource, "the policy cannot be read before the update")
        for statement in statements or []:
            for what in _too_much(statement):
                yield Violation(resource, f"the policy allows {what}")


def _too_much(statement: Mapping[str, Any]) -> Iterator[str]:
    if statement.get("Effect") != "Allow":
        return
    for action in _words(statement.get("Action")):
        if action == "*" or action.endswith(":*"):
            yield f"every action ({action})"
    for where in _words(statement.get("Resource")):
        if _EVERYTHING.fullmatch(where):
            yield f"{_listed(statement.get('Action'))} on every bucket"
    for field in sorted({"NotAction", "NotResource"} & set(statement)):
        yield f"all but what {field} names"


def _statements(resource: Resource) -> list[Mapping[str, Any]] | None:
    """The statements of a policy; None when it is not known yet, or no JSON."""
    policy = resource.inputs.get("policy", "{}")  # a key without one has those of its user
    try:
        document = json.loads(str(policy))
    except ValueError:
        return None
    statements = mapping(document).get("Statement")
    return [mapping(each) for each in (sequence(statements) or [statements])]


def _everybody(principal: object) -> bool:
    return "*" in _words(principal) or "*" in _words(mapping(principal).get("AWS"))


def _words(value: object) -> list[str]:
    return [value] if isinstance(value, str) else list(sequence(value))


def _listed(actions: object) -> str:
    return ", ".join(_words(actions)) or "nothing that it names"


RULES = (
    Rule(
        name="buckets-private",
        description="No bucket is open to anybody without a key, by its ACL or by a policy.",
        remediation='set acl="private", and take the principal * out of the policy; who has to read gets a key',
        check=_private,
    ),
    Rule(
        name="keys-narrow",
        description="No key to an object store may do everything, or anything with every bucket.",
        remediation="name the actions and the bucket, as components/bucket_policies.py does",
        check=_narrow,
    ),
)
