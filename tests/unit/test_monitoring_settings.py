from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from stacks.config_reader import ConfigError
from stacks.settings import load_settings
from tests.unit import stack_files
from tests.unit.engine import PROJECT

if TYPE_CHECKING:
    from pathlib import Path

BAD_VALUES: list[tuple[str, Any, str]] = [
    ("monitoring", "maybe", "is neither true nor false"),
    ("scrapeInterval", 4, "is not a whole number from 5 to 120"),
    ("scrapeInterval", 121, "is not a whole number from 5 to 120"),
    ("scrapeInterval", "30s", "is not a whole number from 5 to 120"),
    ("monitoringLabels", ["release"], "is not a mapping"),
    ("monitoringLabels", {"release": ""}, "release: '' has no value"),
    ("monitoringLabels", {"release": 1}, "release: 1 is not a text; put it in quotes"),
    ("monitoringLabels", {"release": "-x"}, "release: '-x' has a value that is not letters, digits"),
    ("monitoringLabels", {"re lease": "x"}, "re lease: 'x' has a key that is not letters, digits"),
    ("monitoringLabels", {"UP.example/release": "x"}, "has a key whose prefix is not a DNS name"),
]


@pytest.mark.parametrize(("key", "value", "what"), BAD_VALUES)
@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_a_bad_value_is_named_with_its_fix(stack: str, key: str, value: Any, what: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load_settings(stack_files.reader(stack, tmp_path, **{key: value}))

    (line,) = str(caught.value).splitlines()[1:]
    assert line.startswith(f"  {PROJECT}:{key}: ")
    assert what in line
    assert ". Fix: " in line
