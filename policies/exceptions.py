"""What a stack may do although a rule says otherwise: listed in one file, each with its reason."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

from policies.errors import InputError
from policies.registry import RULES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from policies.rule import Finding

FILE = Path(__file__).with_name("exceptions.toml")
_TABLE = "exception"
_REQUIRED = ("rule", "resource", "reason")
_OPTIONAL = ("stack", "what")
_SYNTAX = f"[[{_TABLE}]] with {', '.join(_REQUIRED)}, and {' and '.join(_OPTIONAL)} where it is for less; all are texts"


@dataclass(frozen=True, kw_only=True)
class Exemption:
    """One exception. Its patterns are those of file names: `*` stands for any text."""

    rule: str
    resource: str
    """Pattern of the resource's name in the program."""
    reason: str
    stack: str = "*"
    """Pattern of the stack's name."""
    what: str = "*"
    """Pattern of what is found: another violation of the same rule by the same resource is none of its business."""

    def excuses(self, finding: Finding) -> bool:
        """Tell whether it is for a finding."""
        resource = finding.violation.resource
        return (
            self.rule == finding.rule.name
            and fnmatchcase(resource.name, self.resource)
            and fnmatchcase(resource.stack, self.stack)
            and fnmatchcase(finding.violation.what, self.what)
        )


def read(file: Path = FILE) -> tuple[Exemption, ...]:
    """Read the file.

    Raises:
        InputError: It cannot be read, or one of its entries is wrong.
    """
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"the exceptions cannot be read: {error}", "name their file by --exceptions") from error
    except ValueError as error:
        raise InputError(f"{file.name} is no TOML: {error}", f"write each exception as {_SYNTAX}") from error
    unknown = sorted(set(document) - {_TABLE})
    entries = document.get(_TABLE, [])
    if unknown or not isinstance(entries, list):
        what = f"has {', '.join(unknown)} besides" if unknown else "is not a list of exceptions"
        raise InputError(f"{file.name} {what}", f"write each exception as {_SYNTAX}")
    return tuple(_exemption(file.name, number, entry) for number, entry in enumerate(entries, start=1))


def _exemption(file: str, number: int, entry: dict[str, Any]) -> Exemption:
    where = f"{file}, exception {number}"
    for field in sorted(set(entry) - {*_REQUIRED, *_OPTIONAL}):
        raise InputError(f"{where} has the unknown field {field}", f"write it as {_SYNTAX}")
    for field in _REQUIRED:
        if not entry.get(field):
            raise InputError(f"{where} has no {field}", f"write it as {_SYNTAX}")
    for field, value in entry.items():
        if not isinstance(value, str):
            raise InputError(f"{where}: {field} is not a text", f"write it as {_SYNTAX}")
    if entry["rule"] not in {rule.name for rule in RULES}:
        raise InputError(f"{where} is for {entry['rule']!r}, which is no rule", "see `python -m policies --list`")
    return Exemption(**entry)


def sort_out(
    findings: Sequence[Finding], exemptions: Sequence[Exemption]
) -> tuple[list[Finding], list[tuple[Finding, Exemption]]]:
    """Tell what stays of the findings, and what is excused by which exception."""
    excused = [(finding, next((e for e in exemptions if e.excuses(finding)), None)) for finding in findings]
    left = [finding for finding, exemption in excused if exemption is None]
    return left, [(finding, exemption) for finding, exemption in excused if exemption is not None]
