"""What is wrong with a text that backups depend on: each function answers in words, or None when nothing is.

No answer repeats a key: one that was meant to be public may be a private one.
"""

from __future__ import annotations

IS_PRIVATE = "is a private key"
"""Where a public one belongs; then it is no longer a secret."""
_LETTERS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
"""Of Bech32 (BIP 173), which age's keys are written in."""
_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_DIGITS = 58
"""32 bytes, five bits each, and six of a checksum."""
_PUBLIC = "age"
_PRIVATE = "age-secret-key-"
_TOP_BIT = 25
_LOW_BITS = 0x1FFFFFF


def recipient(value: str) -> str | None:
    """Public key of age's own kind (X25519)."""
    if _PRIVATE in value.lower():
        return IS_PRIVATE
    return None if _is_key(value, _PUBLIC) else "is no age public key (age1 and 58 letters and digits)"


def identity(value: str) -> str | None:
    """Private key of age's own kind (X25519)."""
    if value == value.upper() and _is_key(value.lower(), _PRIVATE):
        return None
    return "is no age private key (AGE-SECRET-KEY-1 and 58 letters and digits)"


def _is_key(value: str, kind: str) -> bool:
    """Check a key's letters and its checksum, so that a slip of the pen shows before the first backup."""
    head, one, digits = value.partition("1")
    if head != kind or not one or len(digits) != _DIGITS or not set(digits) <= set(_LETTERS):
        return False
    expanded = [ord(letter) >> 5 for letter in kind] + [0] + [ord(letter) & 31 for letter in kind]
    return _checksum([*expanded, *map(_LETTERS.index, digits)]) == 1


def _checksum(values: list[int]) -> int:
    sum_ = 1
    for value in values:
        top = sum_ >> _TOP_BIT
        sum_ = (sum_ & _LOW_BITS) << 5 ^ value
        for bit, generator in enumerate(_GENERATOR):
            sum_ ^= generator if top >> bit & 1 else 0
    return sum_
