"""Reads what concerns the service catalog: whether a portal gets an entry, what it says, and how it is found.

The limits are those of the schema, `integrations/service-catalog/src/mlflow_service_catalog/entry.schema.json`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from stacks import checks
from stacks.discovery_labels import discovery_label

if TYPE_CHECKING:
    from stacks.config_reader import ConfigReader

_NOT_SHOWN = "the entry would not fit the schema that portals rely on"
_NOT_FOUND = "a portal would not find the entry"
_ID = re.compile(r"[A-Za-z0-9._-]{1,256}")
_NOT_ONE_LINE = re.compile(r"[\x00-\x1f\x7f]|^\s|\s$")


@dataclass(frozen=True, kw_only=True)
class CatalogSettings:
    """What a portal shows, and by what it finds it."""

    id: str | None
    """None: made of the names of project and stack."""
    name: str
    icon: str
    category: str
    description: str
    owner: str
    label: str
    label_value: str


def read_catalog(reader: ConfigReader) -> CatalogSettings | None:
    """Read the settings, all of them also where there is no entry; None when there is none."""
    wanted = reader.flag("catalogEntry", "it would be unclear whether a portal is to show the platform")

    def line(key: str, longest: int) -> str:
        return reader.text(key, _NOT_SHOWN, partial(_line, longest=longest))

    settings = CatalogSettings(
        id=reader.optional("catalogId", _NOT_SHOWN, _id),
        name=line("catalogName", 64),
        icon=line("catalogIcon", 32),
        category=line("catalogCategory", 64),
        description=line("catalogDescription", 200),
        owner=line("catalogOwner", 64),
        label=reader.text("catalogLabel", _NOT_FOUND, discovery_label),
        label_value=reader.text("catalogLabelValue", _NOT_FOUND, checks.label_value),
    )
    return settings if wanted else None


def _id(value: str) -> str | None:
    return None if _ID.fullmatch(value) else "is not letters, digits, dots, hyphens and underscores (256 at most)"


def _line(value: str, *, longest: int) -> str | None:
    if not value:
        return "is empty"
    if len(value) > longest:
        return f"has {len(value)} characters, and {longest} are the most"
    return "has white space at an end or a control character" if _NOT_ONE_LINE.search(value) else None
