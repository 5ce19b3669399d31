"""Whom policies let in: order, kinds of rules, selectors, and what happens where it cannot be told."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.cloudflare_double.policies import Judge, Machine, Person, Visitor

ADA = Person("ada@example.com")
CI = Machine("token-1", "1.access")
EMAIL = {"email": {"email": "ADA@example.com"}}
DOMAIN = {"email_domain": {"domain": "Example.com"}}
TOKEN = {"service_token": {"token_id": "token-1"}}
ANY_TOKEN: dict[str, Any] = {"any_valid_service_token": {}}
EVERYONE: dict[str, Any] = {"everyone": {}}
NOBODY = {"email": {"email": "nobody@example.com"}}
UNKNOWN = {"geo": {"country_code": "DE"}}


def policy(decision: str, *include: dict[str, Any], **rules: list[dict[str, Any]]) -> dict[str, Any]:
    return {"decision": decision, "include": list(include), **rules}


def group(identifier: str) -> dict[str, Any]:
    return {"group": {"id": identifier}}


def admitted(visitor: Visitor, *policies: dict[str, Any], groups: dict[str, Any] | None = None) -> bool:
    found = Judge((groups or {}).get).admitting(policies, visitor)
    assert found is None or found in policies
    return found is not None


@pytest.mark.parametrize("selector", [EMAIL, DOMAIN, EVERYONE])
def test_a_person_gets_in_by_email_domain_or_as_anybody(selector: dict[str, Any]) -> None:
    assert admitted(ADA, policy("allow", selector))


@pytest.mark.parametrize("email", ["ada@sub.example.com", "ada@notexample.com", "example.com@evil.org"])
def test_a_domain_is_meant_as_a_whole(email: str) -> None:
    assert not admitted(Person(email), policy("allow", DOMAIN))


@pytest.mark.parametrize("selector", [NOBODY, TOKEN, ANY_TOKEN, UNKNOWN, {}, {"email": "ada@example.com"}])
def test_other_selectors_do_not_match_a_person(selector: dict[str, Any]) -> None:
    assert not admitted(ADA, policy("allow", selector))


def test_a_selector_with_two_conditions_matches_nobody() -> None:
    assert not admitted(ADA, policy("allow", EVERYONE | UNKNOWN))


def test_nobody_gets_in_without_a_policy() -> None:
    assert not admitted(ADA)
    assert not admitted(ADA, policy("allow"))


def test_one_include_is_enough() -> None:
    assert admitted(ADA, policy("allow", NOBODY, UNKNOWN, EMAIL))


def test_every_require_is_needed() -> None:
    assert admitted(ADA, policy("allow", EVERYONE, require=[EMAIL, DOMAIN]))
    assert not admitted(ADA, policy("allow", EVERYONE, require=[EMAIL, NOBODY]))
    assert not admitted(ADA, policy("allow", EVERYONE, require=[EMAIL, UNKNOWN]))


def test_an_exclude_keeps_out() -> None:
    assert not admitted(ADA, policy("allow", EVERYONE, exclude=[EMAIL]))
    assert admitted(ADA, policy("allow", EVERYONE, exclude=[NOBODY]))


def test_an_exclude_that_cannot_be_told_keeps_out() -> None:
    assert not admitted(ADA, policy("allow", EVERYONE, exclude=[UNKNOWN]))


def test_the_first_policy_that_holds_decides() -> None:
    assert not admitted(ADA, policy("deny", EMAIL), policy("allow", DOMAIN))
    assert admitted(ADA, policy("allow", DOMAIN), policy("deny", EMAIL))
    assert admitted(ADA, policy("deny", NOBODY), policy("allow", DOMAIN))


def test_a_block_that_cannot_be_told_blocks() -> None:
    assert not admitted(ADA, policy("deny", UNKNOWN), policy("allow", EVERYONE))


@pytest.mark.parametrize("selector", [TOKEN, ANY_TOKEN, EVERYONE])
def test_a_machine_gets_in_by_service_auth(selector: dict[str, Any]) -> None:
    assert admitted(CI, policy("non_identity", selector))


@pytest.mark.parametrize("selector", [EMAIL, DOMAIN, {"service_token": {"token_id": "token-2"}}, UNKNOWN])
def test_other_selectors_do_not_match_a_machine(selector: dict[str, Any]) -> None:
    assert not admitted(CI, policy("non_identity", selector))


def test_a_machine_does_not_get_in_by_allow() -> None:
    assert not admitted(CI, policy("allow", EVERYONE, TOKEN))


def test_service_auth_comes_before_a_block_whatever_the_order() -> None:
    assert admitted(CI, policy("deny", EVERYONE), policy("non_identity", TOKEN))


def test_service_auth_is_not_for_people_and_strangers() -> None:
    assert not admitted(ADA, policy("non_identity", EVERYONE))
    assert not admitted(None, policy("non_identity", EVERYONE))


def test_a_bypass_comes_before_a_block_and_is_for_strangers_too() -> None:
    for visitor in (None, ADA, CI):
        assert admitted(visitor, policy("deny", EVERYONE), policy("bypass", EVERYONE))


def test_a_stranger_gets_in_by_nothing_else() -> None:
    assert not admitted(None, policy("allow", EVERYONE), policy("bypass", EMAIL), policy("bypass", UNKNOWN))


def test_a_group_stands_for_its_rules() -> None:
    groups = {"staff": {"include": [DOMAIN], "exclude": [NOBODY]}}
    assert admitted(ADA, policy("allow", group("staff")), groups=groups)
    assert not admitted(Person("nobody@example.com"), policy("allow", group("staff")), groups=groups)


def test_groups_hold_groups() -> None:
    groups = {"all": {"include": [group("staff")]}, "staff": {"include": [EMAIL]}}
    assert admitted(ADA, policy("allow", group("all")), groups=groups)
    assert not admitted(ADA, policy("allow", EVERYONE, exclude=[group("all")]), groups=groups)


def test_groups_that_hold_each_other_let_nobody_in() -> None:
    groups = {"one": {"include": [group("two")]}, "two": {"include": [group("one")]}}
    assert not admitted(ADA, policy("allow", group("one")), groups=groups)
    assert not admitted(ADA, policy("allow", EVERYONE, exclude=[group("one")]), groups=groups)


def test_a_group_that_is_gone_lets_nobody_in() -> None:
    assert not admitted(ADA, policy("allow", group("gone")))
    assert not admitted(ADA, policy("allow", EVERYONE, exclude=[group("gone")]))
