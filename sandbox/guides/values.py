"""What the program asks of each value, found out by watching it read a configuration."""

from __future__ import annotations

import inspect
import json
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from sandbox.stack import PROJECT
from stacks.config_reader import ConfigError, ConfigReader
from stacks.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from enum import Enum
    from typing import TypeVar

    import pulumi

    from sandbox.guides.schema import Key
    from stacks.config_reader import Problem

    Choice = TypeVar("Choice", bound=Enum)

    Check = Callable[[str], str | None]

SOMETHING = "something"
"""In the place of a value that has to be there, whatever it is: some keys are looked at only where they have one."""


@dataclass
class WatchedReader(ConfigReader):
    """Notes what is asked of each key, in words."""

    asked: dict[str, str] = field(default_factory=dict)

    def text(self, key: str, consequence: str, check: Check = lambda _: None) -> str:
        """Notes the form of a text."""
        self._note(key, _form(check))
        return super().text(key, consequence, check)

    def optional(self, key: str, consequence: str, check: Check) -> str | None:
        """Notes the form of a text that may be missing."""
        self._note(key, _form(check))
        return super().optional(key, consequence, check)

    def integer(self, key: str, low: int, high: int, consequence: str) -> int:
        """Notes the bounds of a number."""
        self._note(key, f"{low} to {high}")
        return super().integer(key, low, high, consequence)

    def choice(self, key: str, among: type[Choice], consequence: str) -> Choice:
        """Notes what there is to choose from."""
        self._note(key, " or ".join(f"`{member.value}`" for member in among))
        return super().choice(key, among, consequence)

    def secret(
        self, key: str, needed_because: str | None, check: Check = lambda _: None, consequence: str = ""
    ) -> pulumi.Output[str]:
        """Notes the form of a secret."""
        self._note(key, _form(check))
        return super().secret(key, needed_because, check, consequence)

    def _note(self, key: str, words: str) -> None:
        if words:
            self.asked[key] = words


def asked(keys: Sequence[Key]) -> Mapping[str, str]:
    """What the program asks of the values of keys, beyond their type; nothing for keys of which it asks no more."""
    return _read(keys, {key.name: SOMETHING for key in keys if key.type == "string" and key.default == ""}).asked


def problems(keys: Sequence[Key], given: Mapping[str, Any]) -> Sequence[Problem]:
    """What the program has against a configuration: the defaults, and some values instead of theirs."""
    return _read(keys, given).problems


def _read(keys: Sequence[Key], given: Mapping[str, Any]) -> WatchedReader:
    values = {key.name: key.default for key in keys} | dict(given)
    reader = WatchedReader(
        project=PROJECT,
        values={name: value if isinstance(value, str) else json.dumps(value) for name, value in values.items()},
        secret_keys={key.name for key in keys if key.secret},
    )
    # The reader has each of its lines.
    with suppress(ConfigError):
        load_settings(reader)
    return reader


def _form(check: Check) -> str:
    """What a check demands: the first sentence that it says of itself."""
    if isinstance(check, partial):
        longest = check.keywords.get("longest")
        return f"one line of {longest} characters at most" if longest else _form(check.func)
    sentence = (inspect.getdoc(check) or "").partition("\n")[0].rstrip(".")
    first = sentence.partition(" ")[0]
    return sentence if first.isupper() and len(first) > 1 else sentence[:1].lower() + sentence[1:]
