"""The entry that a stack hands out, checked against the schema before it goes anywhere."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

import jsonschema

from mlflow_service_catalog.errors import CatalogError


def schema() -> dict[str, Any]:
    """The JSON schema (draft 2020-12) of an entry."""
    content: dict[str, Any] = json.loads(
        resources.files(__package__).joinpath("entry.schema.json").read_text(encoding="utf-8")
    )
    return content


def parse_entry(text: str) -> dict[str, str]:
    """Reads an entry, such as `pulumi stack output catalogEntry --json` prints.

    Raises:
        CatalogError: it is not JSON, or the schema refuses it; the message names every member that is wrong.
    """
    if not text.strip():
        raise CatalogError("is empty; the command that should have printed it has failed, or the stack has no entry")
    try:
        entry: dict[str, str] = json.loads(text)
        json.dumps(entry, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise CatalogError("has an escape that stands for half a character") from error
    except (json.JSONDecodeError, RecursionError) as error:
        raise CatalogError(f"is not JSON: {error}") from error
    problems = sorted(_problem(error) for error in jsonschema.Draft202012Validator(schema()).iter_errors(entry))
    if problems:
        raise CatalogError("is no entry of a service catalog: " + "; ".join(problems))
    return entry


def _problem(error: jsonschema.ValidationError) -> str:
    name = ".".join(str(part) for part in error.absolute_path)
    # What must not match is said by a pattern; its reason is in the schema's own words.
    what = "is not one line without white space at its ends" if error.validator == "not" else error.message
    return f"{name}: {what}" if name else what
