from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jsonschema
import mlflow_service_catalog
import pytest

from stacks.catalog_settings import CatalogSettings, read_catalog
from tests.unit import stack_files
from tests.unit.engine import PROJECT
from tests.unit.service_catalog.samples import ENTRY
from tests.unit.stack_files import the_problem

if TYPE_CHECKING:
    from pathlib import Path

BAD_VALUES: list[tuple[str, Any, str]] = [
    ("catalogEntry", "perhaps", "'perhaps' is neither true nor false; it would be unclear whether a portal"),
    ("catalogId", "ml/flow", "is not letters, digits, dots, hyphens and underscores (256 at most)"),
    ("catalogName", "", "is empty; the entry would not fit the schema"),
    ("catalogName", "x" * 65, "has 65 characters, and 64 are the most"),
    ("catalogIcon", "🧪 ", "has white space at an end or a control character"),
    ("catalogIcon", "x" * 33, "has 33 characters, and 32 are the most"),
    ("catalogCategory", "", "is empty"),
    ("catalogDescription", "two\nlines", "has white space at an end or a control character"),
    ("catalogDescription", "x" * 201, "has 201 characters, and 200 are the most"),
    ("catalogOwner", " us", "has white space at an end or a control character"),
    ("catalogLabel", "", "is empty; a portal would not find the entry"),
    ("catalogLabel", "app", "is a label that every object has already"),
    ("catalogLabel", "catalog entry", "has a key that is not letters, digits and inner hyphens"),
    ("catalogLabelValue", "", "has no value"),
    ("catalogLabelValue", "yes!", "has a value that is not letters, digits"),
]
LIMITS = {"name": 64, "icon": 32, "category": 64, "description": 200, "owner": 64, "id": 256}


@pytest.mark.parametrize(("key", "value", "what"), BAD_VALUES, ids=lambda part: str(part)[:40])
@pytest.mark.parametrize("wanted", [True, False])
def test_a_bad_value_is_named_with_its_fix(key: str, value: Any, what: str, tmp_path: Path, *, wanted: bool) -> None:
    reader = stack_files.reader("dev", tmp_path, **{"catalogEntry": wanted, key: value})
    read_catalog(reader)

    assert the_problem(reader).startswith(f"{PROJECT}:{key}: ")
    assert what in the_problem(reader)
    assert f". Fix: pulumi config set {key} VALUE" in the_problem(reader)


def test_without_more_the_entry_is_the_one_of_the_platform_that_this_was_made_for(tmp_path: Path) -> None:
    assert read_catalog(stack_files.reader("prod", tmp_path)) == CatalogSettings(
        id=None,
        name="MLFlow",
        icon="🧪",
        category="ML",
        description="ML experiment tracking and model registry",
        owner="data-platform",
        label="mlflow-platform.io/catalog-entry",
        label_value="true",
    )


def test_there_is_no_entry_where_none_is_wanted(tmp_path: Path) -> None:
    assert read_catalog(stack_files.reader("dev", tmp_path, catalogEntry=False)) is None


@pytest.mark.parametrize("member", sorted(LIMITS))
@pytest.mark.parametrize(
    "text", ["x", " x", "x\t", "x\x00y", "x\u00a0", "two words", "x-y.z_1", "🧪", "👩‍🔬", "é\n", "/"]
)
def test_what_is_refused_is_what_the_schema_refuses(member: str, text: str, tmp_path: Path) -> None:
    assert accepted(member, text, tmp_path) == valid(member, text)


@pytest.mark.parametrize(("member", "most"), LIMITS.items())
def test_the_lengths_are_those_of_the_schema(member: str, most: int, tmp_path: Path) -> None:
    lengths = [most, most + 1]

    assert [valid(member, "x" * length) for length in lengths] == [True, False]
    assert [accepted(member, "x" * length, tmp_path) for length in lengths] == [True, False]


def accepted(member: str, value: str, directory: Path) -> bool:
    given: dict[str, Any] = {f"catalog{member.capitalize()}": value}
    reader = stack_files.reader("dev", directory, **given)
    read_catalog(reader)
    return not reader.problems


def valid(member: str, value: str) -> bool:
    return jsonschema.Draft202012Validator(mlflow_service_catalog.schema()).is_valid(ENTRY | {member: value})
