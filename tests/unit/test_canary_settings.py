from __future__ import annotations

from typing import Any

import pytest

from stacks.canary_settings import CanarySettings, read_canary
from stacks.config_reader import ConfigError, ConfigReader
from tests.unit.engine import PROJECT

BAD_VALUES: list[tuple[str, Any, str]] = [
    ("canary", "maybe", "is neither true nor false"),
    ("canary", "", "is neither true nor false"),
    ("canaryInterval", 9, "is not a whole number from 10 to 600"),
    ("canaryInterval", 601, "is not a whole number from 10 to 600"),
    ("canaryInterval", "60s", "is not a whole number from 10 to 600"),
    ("canaryInterval", "", "is not a whole number from 10 to 600"),
]


def read(**values: Any) -> CanarySettings | None:
    given = {"canary": "true", "canaryInterval": 60, **values}
    reader = ConfigReader(
        project=PROJECT, values={key: str(value) for key, value in given.items()}, secret_keys=frozenset()
    )
    settings = read_canary(reader)
    reader.finish()
    return settings


@pytest.mark.parametrize(("key", "value", "what"), BAD_VALUES)
@pytest.mark.parametrize("wanted", ["true", "false"])
def test_a_bad_value_is_named_with_its_fix(wanted: str, key: str, value: Any, what: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(**{"canary": wanted, key: value})

    (line,) = str(caught.value).splitlines()[1:]
    assert line.startswith(f"  {PROJECT}:{key}: ")
    assert what in line
    assert f". Fix: pulumi config set {key} " in line


@pytest.mark.parametrize("seconds", [10, 60, 600])
def test_the_interval_is_the_given_one(seconds: int) -> None:
    assert read(canaryInterval=seconds) == CanarySettings(interval_seconds=seconds)


def test_there_is_no_canary_where_none_is_wanted() -> None:
    assert read(canary="false") is None
