"""Takes in what a killed `pulumi up` had begun: `python3 -m sandbox.recovery`, for the stack that is selected.

While it makes an object, the engine records that it does so, but learns the object's id only afterwards. When it is
killed in between, nobody knows whether the object exists: `pulumi refresh --clear-pending-creates` forgets it, and the
next update then fails with "already exists" (a role, a database, a bucket) or leaves it behind (a Secret whose name was
made up). The ids of nearly everything follow from its inputs, so each such object is put into the state under the id
that it would have, and the refresh that follows drops those that are not there after all.
`--import-pending-creates`, which is meant for this, only forgets them, too (engine 3.259).

Needs nothing but the standard library and `pulumi`: it serves stacks outside the sandbox as well.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

NAMED_BY = {
    "postgresql:index/role:Role": "name",
    "postgresql:index/database:Database": "name",
    "minio:index/s3Bucket:S3Bucket": "bucket",
}
"""The input that is the id. Absent are types whose creation does no harm to an object that exists (a grant, a policy)
and the access key, whose id only the server knows: it opens nothing but its bucket and goes with its user."""

UNREADABLE = {"minio:index/iamServiceAccount:IamServiceAccount"}
"""Types whose plugins take it for an error, not for an absence, when a refresh does not find the object."""


def identifier(resource: Mapping[str, Any]) -> str | None:
    """The id that an object of the state gets once it is made; None when it cannot be told."""
    inputs = resource.get("inputs", {})
    if resource["type"].startswith("kubernetes:"):
        metadata = inputs.get("metadata", {})
        parts = [metadata.get("namespace"), metadata.get("name")]
        return "/".join(part for part in parts if part) if parts[1] else None
    name = inputs.get(NAMED_BY.get(resource["type"], ""))
    return name if isinstance(name, str) else None


def adopted(deployment: Mapping[str, Any]) -> dict[str, Any]:
    """A state in which pending creations are resources, as far as their ids can be told, and no longer pending.

    One that was to replace another shares its URN. That other one is still the state's, and what was made in its place
    is to be deleted: a login that nobody knows of would stay good for ever.

    What was being deleted stays for the refresh to look at; where that cannot, the next command deletes it once more.

    Args:
        deployment: the `deployment` of `pulumi stack export`.
    """
    doomed = {(each["urn"], each.get("id")) for each in _unreadable(deployment)}
    resources = [
        {**each, "delete": True} if (each["urn"], each.get("id")) in doomed else each
        for each in deployment.get("resources", [])
    ]
    known = {resource["urn"]: resource.get("id") for resource in resources}
    others = []
    for operation in deployment.get("pending_operations", []):
        resource = operation["resource"]
        if operation["type"] != "creating":
            others.append(operation)  # the object is in the state, where the refresh looks at it
        elif (made := identifier(resource)) and resource["urn"] not in known:
            resources.append({**resource, "id": made})
            known[resource["urn"]] = made
        elif made and made != known[resource["urn"]]:
            resources.append({**resource, "id": made, "delete": True})
    return {**deployment, "resources": resources, "pending_operations": others}


def _unreadable(deployment: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    operations = deployment.get("pending_operations", [])
    return [
        operation["resource"]
        for operation in operations
        if operation["type"] == "deleting" and operation["resource"]["type"] in UNREADABLE
    ]


def take_in(pulumi: Callable[[list[str], str | None], str]) -> list[str] | None:
    """Makes the state say what a killed command has left; does nothing where there is nothing.

    Args:
        pulumi: runs `pulumi` with these words and this standard input, and returns its standard output.

    Returns:
        The options of the refresh that has to follow; None where there was nothing.
    """
    document = json.loads(pulumi(["stack", "export"], None))
    deployment = document["deployment"] or {}
    if not deployment.get("pending_operations"):
        return None
    pulumi(["stack", "import"], json.dumps({**document, "deployment": adopted(deployment)}))
    return [f"--exclude={resource['urn']}" for resource in _unreadable(deployment)]


def main(options: list[str]) -> int:
    """Recovers the selected stack; `options`, such as `--stack NAME`, are passed on to every `pulumi` command."""

    def pulumi(words: list[str], stdin: str | None) -> str:
        command = ["pulumi", *words, "--non-interactive", *options]
        return subprocess.run(command, input=stdin, stdout=subprocess.PIPE, text=True, check=True).stdout

    try:
        refresh = take_in(pulumi)
        if refresh is not None:
            words = ["refresh", "--yes", "--skip-preview", "--non-interactive", *refresh]
            subprocess.run(["pulumi", *words, *options], check=True)
    except FileNotFoundError:
        print("error: pulumi is not on the PATH", file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as error:
        return error.returncode  # it has said what is wrong
    print("nothing is pending; `pulumi up` goes on from here", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
