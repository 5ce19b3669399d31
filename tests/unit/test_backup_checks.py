from __future__ import annotations

import pyrage
import pytest

from stacks import backup_checks as checks

IDENTITY = pyrage.x25519.Identity.generate()
PUBLIC, PRIVATE = str(IDENTITY.to_public()), str(IDENTITY)


def slipped(key: str) -> str:
    """The same key with two letters exchanged for others."""
    return key[:-2] + ("qq" if not key.lower().endswith("qq") else "pp")


def test_keys_as_age_makes_them_are_taken() -> None:
    assert checks.recipient(PUBLIC) is None
    assert checks.identity(PRIVATE) is None


@pytest.mark.parametrize(
    "value", ["", "age1", PUBLIC[:-1], PUBLIC + "q", PUBLIC.upper(), f" {PUBLIC}", slipped(PUBLIC), "ssh-ed25519 AAAA"]
)
def test_what_is_no_public_key_is_told_without_being_repeated(value: str) -> None:
    assert checks.recipient(value) == "is no age public key (age1 and 58 letters and digits)"


@pytest.mark.parametrize("value", [PRIVATE, PRIVATE.lower(), PRIVATE[:30], f"# key\n{PRIVATE}"])
def test_a_private_key_in_the_place_of_a_public_one_is_told_without_being_repeated(value: str) -> None:
    assert checks.recipient(value) == "is a private key"


@pytest.mark.parametrize("value", ["", PUBLIC, PRIVATE.lower(), PRIVATE[:-1], slipped(PRIVATE[:-2] + "22").upper()])
def test_what_is_no_private_key_is_told_without_being_repeated(value: str) -> None:
    assert checks.identity(value) == "is no age private key (AGE-SECRET-KEY-1 and 58 letters and digits)"


@pytest.mark.parametrize(
    "value",
    ["7 * * * *", "37 2 * * *", "27 4 * * 0", "*/15 0-6,22-23/1 1,15 1-12/2 1-5", "0 0 31 12 6", "5/10 * * * *"],
)
def test_schedules_of_five_fields_are_taken(value: str) -> None:
    assert checks.schedule(value) is None


@pytest.mark.parametrize(
    ("value", "what"),
    [
        ("", "is not five fields"),
        ("@hourly", "is not five fields"),
        ("7 * * *", "is not five fields"),
        ("7 * * * * *", "is not five fields"),
        ("7  * * * *", "is not five fields"),
        ("60 * * * *", "has the minute '60', which is neither * nor numbers from 0 to 59"),
        ("7 24 * * *", "has the hour '24', which is neither * nor numbers from 0 to 23"),
        ("7 * 0 * *", "has the day of the month '0'"),
        ("7 * * 13 *", "has the month '13'"),
        ("7 * * * 7", "has the day of the week '7', which is neither * nor numbers from 0 to 6"),
        ("7 * * * sun", "has the day of the week 'sun'"),
        ("30-10 * * * *", "has the minute '30-10'"),
        ("*/0 * * * *", "has the minute '*/0'"),
        ("7, * * * *", "has the minute '7,'"),
        ("-7 * * * *", "has the minute '-7'"),
    ],
)
def test_other_schedules_are_told(value: str, what: str) -> None:
    assert what in str(checks.schedule(value))
