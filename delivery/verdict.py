"""What the rules of `policies` say of a preview: found where the engine is, kept beside its digest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from policies import exceptions
from policies.errors import InputError
from policies.judgement import judgement
from policies.pulumi_json import resources_of
from policies.report import report, summary

if TYPE_CHECKING:
    from collections.abc import Mapping

KEY = "policies"
"""Where the kept digest has it."""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The rules' verdict on one stack."""

    summary: str
    """A line: how many resources were looked at, and how much was found."""
    refused: bool
    """Whether a mandatory rule is violated, or nobody could judge."""
    details: tuple[str, ...]
    """Lines with each violation and its cure, and each exception with its reason."""


def judged(document: Mapping[str, Any], stack: str) -> dict[str, Any]:
    """Judges what a preview that succeeded says, and returns the verdict as it is kept.

    Args:
        document: the engine's digest, with every resource that stays as it is.
        stack: name of the stack.
    """
    if not document.get("steps"):
        # What has no resources keeps every rule.
        return {"summary": f"{stack}: 0 resources", "refused": False, "details": []}
    try:
        found = judgement(resources_of(document), stack, exceptions.read())
    except InputError as error:
        return {"summary": f"{stack}: nobody could judge it", "refused": True, "details": str(error).splitlines()}
    details = report(found).splitlines()[:-1]
    return {"summary": summary(found), "refused": found.violated, "details": details}


def read(kept: Mapping[str, Any]) -> Verdict:
    """Reads what was kept.

    Raises:
        KeyError: something is missing.
    """
    return Verdict(
        summary=str(kept["summary"]), refused=bool(kept["refused"]), details=tuple(map(str, kept["details"]))
    )
