"""What docs/security.md tells of the audit, told by its own commands."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from sandbox import paths, rehearsal
from tests import runbook
from tests.rehearsal.audit import audited
from tests.rehearsal.conftest import SEARCH, machine_headers

if TYPE_CHECKING:
    import httpx

GUIDE = paths.CLONE / "docs" / "security.md"
CREATE = "/api/2.0/mlflow/experiments/create"


def test_the_commands_of_the_audit_tell_who_did_what_and_who_was_refused(
    tokens: dict[str, dict[str, str]], outside: httpx.Client, around_the_edge: httpx.Client
) -> None:
    token = tokens["ci"]
    made = outside.post(CREATE, headers=machine_headers(token), json={"name": f"audited-{uuid.uuid4().hex}"})
    assert made.status_code == 200, made.text
    refused = around_the_edge.get(SEARCH)
    assert refused.status_code == 401
    for answer in (made, refused):
        audited(answer.headers["x-request-id"])

    (block,) = runbook.blocks("Audit", GUIDE)
    told = runbook.run(block, environment=rehearsal.environment() | {"WHO": token["client_id"]})

    lines = [line.split("\t") for line in told.splitlines()]
    (change,) = [line for line in lines if line[-1] == made.headers["x-request-id"]]
    assert change[1:5] == [token["client_id"], "POST", CREATE, "200"]
    assert [line for line in lines if line[0].endswith(" 401") and "Jwt_is_missing" in line[1]]
    assert [line for line in lines if line[1:] == ["POST", CREATE, "200"]]
    assert token["client_secret"] not in told
