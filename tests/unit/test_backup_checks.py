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
