"""The file of exceptions: what an entry excuses, and what is said of one that is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from policies import exceptions
from policies.errors import InputError
from policies.exceptions import Exemption
from policies.registry import RULES
from policies.rule import Finding, Violation
from tests.unit.policies.examples.example import resource

if TYPE_CHECKING:
    from pathlib import Path

(PRIVATE,) = [rule for rule in RULES if rule.name == "buckets-private"]
BUCKET = resource("minio:index/s3Bucket:S3Bucket", {"acl": "public-read"}, name="artifacts-bucket")
FINDING = Finding(PRIVATE, Violation(BUCKET, "acl is 'public-read'"))
ENTRY = '[[exception]]\nrule = "buckets-private"\nresource = "drill-*"\nreason = "everything in it is public"\n'
SYNTAX = r"cure: write (it|each exception) as \[\[exception\]\] with rule, resource, reason"


def exemption(**changed: str) -> Exemption:
    return Exemption(**{"rule": "buckets-private", "resource": "artifacts-*", "reason": "public data", **changed})


@pytest.mark.parametrize(
    "entry",
    [exemption(), exemption(stack="prod"), exemption(what="acl is 'public-*")],
    ids=["of_every_stack", "of_the_stack", "of_what_was_found"],
)
def test_an_exception_excuses_what_it_is_for(entry: Exemption) -> None:
    assert exceptions.sort_out([FINDING], [entry]) == ([], [(FINDING, entry)])


@pytest.mark.parametrize(
    "entry",
    [
        exemption(rule="keys-narrow"),
        exemption(resource="backups-*"),
        exemption(stack="dev"),
        exemption(what="acl is 'public-read-write'"),
    ],
    ids=["of_another_rule", "of_another_resource", "of_another_stack", "of_another_violation"],
)
def test_an_exception_excuses_nothing_else(entry: Exemption) -> None:
    assert exceptions.sort_out([FINDING], [entry]) == ([FINDING], [])


def test_an_entry_is_for_every_stack_and_violation_unless_it_names_one(tmp_path: Path) -> None:
    file = tmp_path / "exceptions.toml"
    file.write_text(ENTRY + ENTRY + 'stack = "dev"\nwhat = "acl*"\n')

    assert [(each.rule, each.resource, each.stack, each.what) for each in exceptions.read(file)] == [
        ("buckets-private", "drill-*", "*", "*"),
        ("buckets-private", "drill-*", "dev", "acl*"),
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("rule = ", f"exceptions.toml is no TOML: .*\n  {SYNTAX}"),
        ("[exception]\nrule = 'x'\n", f"exceptions.toml is not a list of exceptions\n  {SYNTAX}"),
        (f"[[exemption]]\n{ENTRY}", f"exceptions.toml has exemption besides\n  {SYNTAX}"),
        (ENTRY.replace("reason", "because"), f"exceptions.toml, exception 1 has the unknown field because\n  {SYNTAX}"),
        (ENTRY + '[[exception]]\nrule = "images-pinned"\n', f"exception 2 has no resource\n  {SYNTAX}"),
        (ENTRY.replace('"everything in it is public"', '""'), f"exception 1 has no reason\n  {SYNTAX}"),
        (ENTRY + "stack = 1\n", f"exception 1: stack is not a text\n  {SYNTAX}"),
        (
            ENTRY.replace("private", "open"),
            "exception 1 is for 'buckets-open', which is no rule\n  cure: see .* --list",
        ),
    ],
    ids=[
        "no_toml",
        "no_list",
        "something_besides",
        "an_unknown_field",
        "no_resource",
        "no_reason",
        "not_a_text",
        "no_such_rule",
    ],
)
def test_a_wrong_entry_is_told_with_its_place_and_the_cure(tmp_path: Path, text: str, problem: str) -> None:
    file = tmp_path / "exceptions.toml"
    file.write_text(text)

    with pytest.raises(InputError, match=problem):
        exceptions.read(file)


def test_a_file_that_is_not_there_is_told_with_the_cure(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot be read: .*nowhere.toml'\n  cure: name their file by --exceptions"):
        exceptions.read(tmp_path / "nowhere.toml")
