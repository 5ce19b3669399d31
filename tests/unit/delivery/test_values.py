"""What a reviewer sees of a property's value."""

from __future__ import annotations

import pytest

from delivery import values
from tests.unit.delivery.samples import COMPUTED, SECRET_VALUE

PROPERTIES = {
    "spec": {"ports": [{"port": 5000}], "labels": {"app.kubernetes.io/name": "mlflow", 'a"b': "quoted"}},
    "password": "[secret]",
    "token": SECRET_VALUE,
}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("spec.ports[0].port", 5000),
        ('spec.labels["app.kubernetes.io/name"]', "mlflow"),
        ('["spec"].ports[0].port', 5000),
        (r'spec.labels["a\"b"]', "quoted"),
        ("spec.ports[1].port", None),
        ("spec.ports.port", None),
        ("absent.deeper", None),
    ],
)
def test_a_value_is_found_by_the_path_that_the_engine_writes(path: str, expected: object) -> None:
    assert values.at(PROPERTIES, path) == expected


@pytest.mark.parametrize("path", ["password", "password.inner", "token", "token.ciphertext"])
def test_what_lies_in_a_secret_is_a_secret(path: str) -> None:
    assert values.shown(values.at(PROPERTIES, path)) == "[secret]"


@pytest.mark.parametrize("value", [["a", "[secret]"], {"inner": {"deep": SECRET_VALUE}, "plain": "visible"}])
def test_a_value_with_a_secret_inside_is_not_shown_at_all(value: object) -> None:
    assert values.shown(value) == "[secret]"


def test_a_long_value_is_cut_and_its_length_told() -> None:
    shown = values.shown("x" * 5000)
    assert len(shown) < 150
    assert shown.endswith("… (5002 characters)")


@pytest.mark.parametrize(("value", "expected"), [(COMPUTED, "[unknown]"), ([COMPUTED], '["[unknown]"]')])
def test_what_only_the_update_will_know_is_named_so(value: object, expected: str) -> None:
    assert values.shown(value) == expected


def test_a_value_stays_on_one_line() -> None:
    assert values.shown("one\ntwo") == r'"one\ntwo"'
