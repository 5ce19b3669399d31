"""What may be although a judge says otherwise: listed in exceptions.toml, each with its reason."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox.errors import SandboxError

if TYPE_CHECKING:
    from sandbox.judges.report import Finding

FILE = Path(__file__).with_name("exceptions.toml")
_TABLE = "exception"
_REQUIRED = ("judge", "rule", "object", "reason")
_OPTIONAL = ("text",)
_SYNTAX = (
    f"write each as [[{_TABLE}]] with {', '.join(_REQUIRED)}, and text where it is for less; all are texts, "
    "and object may be a list of them"
)


@dataclass(frozen=True, kw_only=True)
class Exemption:
    """One exception. Its patterns are those of file names: `*` stands for any text."""

    judge: str
    rule: str
    object: str
    """Pattern of the object, file or package."""
    reason: str
    text: str = "*"
    """Pattern of what is found: another finding of the same rule in the same object is none of its business."""

    def excuses(self, finding: Finding) -> bool:
        """Tell whether it is for a finding."""
        return (
            (self.judge, self.rule) == (finding.judge, finding.rule)
            and fnmatchcase(finding.object, self.object)
            and fnmatchcase(finding.text, self.text)
        )


def read(file: Path = FILE) -> tuple[Exemption, ...]:
    """Read the file; an entry for several objects is one exception for each.

    Raises:
        SandboxError: it is no TOML, or an entry lacks a field, has one too many, or one that is no text.
    """
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise SandboxError(f"{file.name} is no TOML: {error}", _SYNTAX) from error
    entries = document.get(_TABLE, [])
    if set(document) - {_TABLE} or not isinstance(entries, list):
        raise SandboxError(f"{file.name} holds something else than exceptions", _SYNTAX)
    return tuple(
        exemption
        for number, entry in enumerate(entries, start=1)
        for exemption in _exemptions(f"{file.name}, exception {number}", entry)
    )


def _exemptions(where: str, entry: dict[str, Any]) -> list[Exemption]:
    objects = entry.get("object")
    several = objects if isinstance(objects, list) and objects else [objects]
    return [_exemption(where, {**entry, "object": each}) for each in several]


def _exemption(where: str, entry: dict[str, Any]) -> Exemption:
    unknown = sorted(set(entry) - {*_REQUIRED, *_OPTIONAL})
    missing = [field for field in _REQUIRED if not entry.get(field)]
    wrong = sorted(field for field, value in entry.items() if not isinstance(value, str))
    for fields, problem in (
        (unknown, "has the unknown"),
        (missing, "has no"),
        (wrong, "has something else than text as"),
    ):
        if fields:
            raise SandboxError(f"{where} {problem} {', '.join(fields)}", _SYNTAX)
    return Exemption(**entry)
