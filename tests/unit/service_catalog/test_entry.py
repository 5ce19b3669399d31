"""What a stack hands out is checked before it goes anywhere."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
from mlflow_service_catalog import CatalogError, parse_entry, schema

from tests.unit.service_catalog.samples import ENTRY


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())


@pytest.mark.parametrize("escaped", [True, False])
def test_an_entry_is_read_as_it_is(*, escaped: bool) -> None:
    assert parse_entry(json.dumps(ENTRY, ensure_ascii=escaped)) == ENTRY


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"id": "a/b"}, "id: 'a/b' does not match"),
        ({"id": "x" * 257}, "id: .* is too long"),
        ({"id": "mlflow\n"}, "id: is not one line without white space at its ends"),
        ({"name": ""}, "name: '' should be non-empty"),
        ({"name": 7}, "name: 7 is not of type 'string'"),
        ({"icon": "🧪 "}, "icon: is not one line without white space at its ends"),
        ({"description": "two\nlines"}, "description: is not one line"),
        ({"owner": "o" * 65}, "owner: .* is too long"),
        ({"url": "javascript:alert(1)"}, "url: .* does not match"),
        ({"url": "https://user:secret@example.com"}, "url: .* does not match"),
        ({"healthUrl": "https://example.com/health?deep=1"}, "healthUrl: .* does not match"),
        ({"color": "red"}, "Additional properties are not allowed .*'color' was unexpected"),
    ],
    ids=lambda part: str(part)[:40],
)
def test_a_wrong_member_is_named(change: dict[str, Any], what: str) -> None:
    with pytest.raises(CatalogError, match=f"is no entry of a service catalog: {what}"):
        parse_entry(json.dumps(ENTRY | change))


@pytest.mark.parametrize("member", sorted(ENTRY))
def test_every_member_is_required(member: str) -> None:
    without = {name: value for name, value in ENTRY.items() if name != member}

    with pytest.raises(CatalogError, match=f"'{member}' is a required property"):
        parse_entry(json.dumps(without))


def test_all_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(CatalogError, match=r"category: .*; icon: "):
        parse_entry(json.dumps(ENTRY | {"icon": "", "category": ""}))


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (" \n", "is empty; the command that should have printed it has failed"),
        ("error: no stack selected", "is not JSON: Expecting value: line 1 column 1"),
        ("[" * 100_000, "is not JSON: "),
        (r'{"icon": "\ud83e"}', "has an escape that stands for half a character"),
        ("[]", r"is no entry of a service catalog: \[\] is not of type 'object'"),
    ],
    ids=["nothing", "an error message", "too deep", "half an emoji", "a list"],
)
def test_what_is_no_entry_is_refused(text: str, what: str) -> None:
    with pytest.raises(CatalogError, match=what):
        parse_entry(text)
