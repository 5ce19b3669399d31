"""Reads configuration values and collects everything that is wrong with them, to be told at once.

Each read names its key, so the keys that exist are known without a second list, and a key that nobody read is a
mistake worth telling. Values of secrets never appear in a message.
"""

from __future__ import annotations

import difflib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pulumi
from pulumi.runtime import config as runtime_config

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from enum import Enum

    Choice = TypeVar("Choice", bound=Enum)


_SET_ENCRYPTED = "pulumi config set --secret"


class ConfigError(pulumi.RunError):
    """Everything that is wrong with a configuration; the engine prints it without a traceback."""


@dataclass(frozen=True)
class Problem:
    """One wrong value, in words that say what to do."""

    key: str
    what: str
    """What is wrong with the value."""
    consequence: str
    """What would happen with it."""
    fix: str

    def __str__(self) -> str:
        return f"{self.key}: {self.what}; {self.consequence}. Fix: {self.fix}"


@dataclass
class ConfigReader:
    """The values of one project's namespace."""

    project: str
    values: Mapping[str, str]
    """Values by key, without the project's prefix; arrays and objects as JSON."""
    secret_keys: Collection[str]
    """Keys whose values are stored encrypted."""
    problems: list[Problem] = field(default_factory=list)
    _read: set[str] = field(default_factory=set)

    @classmethod
    def of_stack(cls) -> ConfigReader:
        """Read the running stack.

        `pulumi.Config` cannot list its keys. The language host hands the whole configuration over either in the
        runtime's own map or in the environment, depending on the host; both are looked at.
        """
        project = pulumi.get_project()
        everything = {**runtime_config.get_config_env(), **runtime_config.CONFIG.get()}
        secret = set(runtime_config.get_config_secret_keys_env())
        secret |= {key for key in everything if runtime_config.is_config_secret(key)}
        prefix = f"{project}:"
        return cls(
            project=project,
            values={key.removeprefix(prefix): value for key, value in everything.items() if key.startswith(prefix)},
            secret_keys={key.removeprefix(prefix) for key in secret if key.startswith(prefix)},
        )

    def report(self, key: str, what: str, consequence: str, fix: str | None = None) -> None:
        """Remember a problem, once; `fix` defaults to the command that sets the key."""
        problem = Problem(f"{self.project}:{key}", what, consequence, fix or f"pulumi config set {key} VALUE")
        # A value that stands in for another where that is empty is read for both.
        if problem not in self.problems:
            self.problems.append(problem)

    def sound(self, *keys: str) -> bool:
        """Say whether nothing is wrong with any of these keys, so that a rule about all of them makes sense."""
        bad = {problem.key for problem in self.problems}
        return not any(f"{self.project}:{key}" in bad for key in keys)

    def text(self, key: str, consequence: str, check: Callable[[str], str | None] = lambda _: None) -> str:
        """Read a text that `check` finds nothing wrong with."""
        value = self._value(key)
        what = check(value)
        if what:
            self.report(key, f"{value!r} {what}", consequence)
        return value

    def optional(self, key: str, consequence: str, check: Callable[[str], str | None]) -> str | None:
        """Read a text where the empty one stands for "none"."""
        if not self._value(key):
            return None
        return self.text(key, consequence, check)

    def integer(self, key: str, low: int, high: int, consequence: str) -> int:
        """Read a number between `low` and `high`, both included."""
        value = self._value(key)
        try:
            number = int(value)
        except ValueError:
            number = low - 1
        if not low <= number <= high:
            self.report(key, f"{value!r} is not a whole number from {low} to {high}", consequence)
            return low
        return number

    def flag(self, key: str, consequence: str) -> bool:
        """Read true or false; a wrong value counts as true, which asks for nothing beyond the usual."""
        value = self._value(key)
        if value not in {"true", "false"}:
            self.report(key, f"{value!r} is neither true nor false", consequence)
        return value != "false"

    def choice(self, key: str, among: type[Choice], consequence: str) -> Choice:
        """Read one of the values of an enumeration."""
        value = self._value(key)
        try:
            return among(value)
        except ValueError:
            allowed = ", ".join(str(member.value) for member in among)
            self.report(key, f"{value!r} is not one of {allowed}", consequence)
            return next(iter(among))

    def structure(self, key: str, kind: type, consequence: str) -> Any:
        """Read a JSON array or object."""
        value = self._value(key)
        try:
            parsed = json.loads(value) if value else kind()
        except json.JSONDecodeError:
            parsed = None
        if not isinstance(parsed, kind):
            shape = "a list" if kind is list else "a mapping"
            self.report(key, f"is not {shape}", consequence, f"write {shape} below {key} in the stack's config file")
            return kind()
        return parsed

    def secret(
        self,
        key: str,
        needed_because: str | None,
        check: Callable[[str], str | None] = lambda _: None,
        consequence: str = "",
    ) -> pulumi.Output[str]:
        """Read a secret.

        Args:
            key: The key.
            needed_because: What it is needed for; None when it is not needed with the other values as they are.
            check: Says what is wrong with the value, without repeating it.
            consequence: What would happen then.
        """
        value = self._value(key)
        fix = f"{_SET_ENCRYPTED} {key}"
        if not value:
            if needed_because:
                self.report(key, "is not set", needed_because, fix)
        elif key not in self.secret_keys:
            self.report(key, "is stored as plain text", "everybody who reads the stack's config file has it", fix)
        elif value != value.strip() or not value.isprintable():
            self.report(key, "has white space at an end or a control character", "it would not survive in a file", fix)
        elif what := check(value):
            self.report(key, what, consequence, fix)
        return pulumi.Output.secret(value)

    def private_key(self, key: str, needed_because: str | None) -> pulumi.Output[str]:
        """Read a secret that is a private key in PEM, which has lines."""
        value = self._value(key)
        if value and key in self.secret_keys:
            if "PRIVATE KEY-----" not in value:
                self.report(
                    key, "is not a private key in PEM", "TLS could not be served", f"{_SET_ENCRYPTED} {key} <FILE"
                )
            return pulumi.Output.secret(value)
        return self.secret(key, needed_because)

    def needed(self, key: str, needed_because: str | None) -> str:
        """Read a text that may be empty only when nothing needs it."""
        value = self._value(key)
        if not value and needed_because:
            self.report(key, "is not set", needed_because)
        return value

    def content(self, key: str, file: str | None) -> str | None:
        """Read the PEM file that a key names; None when it names none, or one that something is wrong with."""
        return Path(file).expanduser().read_text(encoding="ascii") if file and self.sound(key) else None

    def given(self, key: str) -> bool:
        """Say whether a key has a value."""
        return bool(self._value(key))

    def finish(self) -> None:
        """Check for keys that nobody read.

        Raises:
            ConfigError: Something is wrong; the message has a line for each problem.
        """
        for key in sorted(set(self.values) - self._read):
            close = difflib.get_close_matches(key, self._read, n=1)
            hint = f"did you mean {close[0]}? " if close else ""
            self.report(key, "is not a key of this project", "it would be ignored", f"{hint}pulumi config rm {key}")
        if not self.problems:
            return
        count = len(self.problems)
        head = f"{count} configuration {'value needs' if count == 1 else 'values need'} attention; nothing was changed:"
        raise ConfigError("\n".join([head, *(f"  {problem}" for problem in self.problems)]))

    def _value(self, key: str) -> str:
        self._read.add(key)
        value = self.values.get(key)
        return "" if value is None else str(value)
