"""What a text is rid of before it becomes part of a log."""

from __future__ import annotations

import re

LONGEST_ERROR = 400
"""As much as a person reads."""

_ROOM = 4
_REMOVED = "[removed]"
_NAMES = r"password|passwd|secret|token|authorization|signature|credential|cookie|api[_-]?key|access[_-]?key"
_PATTERNS = (
    # A login before a host.
    (r"(?<=://)[^/\s'\"]*@", ""),
    # A query may hold the signature of a URL that a bucket's owner has signed.
    (r"(?<=\?)[^\s'\"]+", _REMOVED),
    (r"\b(bearer|basic)\s+[\w.~+/=-]{8,}", rf"\1 {_REMOVED}"),
    # `name = value` or `"name": "value"`, also within a text that is quoted itself.
    (
        rf"((?:{_NAMES})[\w-]{{0,40}}[\"'\\\s]{{0,8}}[=:][\"'\\\s]{{0,8}}(?:(?:bearer|basic)\s+)?)[^\s'\",;&\\]+",
        rf"\1{_REMOVED}",
    ),
    # A JSON web token, by the way it begins.
    (r"(?<![\w-])eyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?", _REMOVED),
    (r"(?s:-----BEGIN [^-]*PRIVATE KEY-----.*?(?:-----END [^-]*-----|$))", _REMOVED),
)
_COMPILED = tuple((re.compile(pattern, re.IGNORECASE), replacement) for pattern, replacement in _PATTERNS)
"""Each takes a time that grows with the text's length and no faster, since strangers choose some of the texts."""


def without_secrets(text: str) -> str:
    """Take out what could be one: logins and queries of URLs, tokens, private keys, what is called a password."""
    for pattern, replacement in _COMPILED:
        text = pattern.sub(replacement, text)
    return text


def cut(text: str, longest: int) -> str:
    """Take secrets out and keep so much of the beginning.

    The order is not to search a text of any length, and not to cut one right before what tells a secret.
    """
    return without_secrets(text[: _ROOM * longest])[:longest]


def in_one_line(error: BaseException) -> str:
    """Tell an error by its kind and its text."""
    return cut(" ".join(f"{type(error).__name__}: {error}".split()), LONGEST_ERROR)
