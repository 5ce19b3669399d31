"""An entry is put into a text, and every other character stays."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from mlflow_service_catalog import CatalogError, Outcome, merge, remove

from tests.unit.service_catalog.samples import ENTRY, OF_A_PORTAL, OTHER_STACK, WRITTEN


def test_a_new_entry_comes_last_and_looks_like_its_neighbours() -> None:
    edit = merge(OF_A_PORTAL, ENTRY)

    assert edit.outcome is Outcome.ADDED
    assert edit.text == OF_A_PORTAL.removesuffix("\n]\n") + ",\n" + WRITTEN + "\n]\n"


def test_the_second_time_nothing_changes() -> None:
    once = merge(OF_A_PORTAL, ENTRY).text

    assert merge(once, ENTRY).outcome is Outcome.UNCHANGED
    assert merge(once, ENTRY).text == once


def test_what_is_the_same_in_another_form_is_left_as_it_is() -> None:
    by_hand = json.dumps([dict(sorted(ENTRY.items()))], indent=7)

    assert merge(by_hand, ENTRY).text == by_hand


def test_a_changed_entry_takes_the_bytes_of_the_former_one_and_no_others() -> None:
    present = merge(OF_A_PORTAL.replace('"minio"', '"mlflow-platform.dev"'), ENTRY).text
    changed = ENTRY | {"owner": "ml-team"}

    edit = merge(present, changed)

    assert edit.outcome is Outcome.REPLACED
    assert edit.text == present.replace('"owner": "data-platform"', '"owner": "ml-team"')


def test_an_entry_is_renewed_where_it_stands() -> None:
    text = '[{"id": "a"},\t{"url": "https://mlflow.example.com/old", "id":"mlflow-platform.prod"} , {"id": "z"}]'

    before, _, after = merge(text, ENTRY).text.partition(json.dumps(ENTRY, ensure_ascii=False))

    assert (before, after) == ('[{"id": "a"},\t', ' , {"id": "z"}]')


@pytest.mark.parametrize(
    ("text", "head", "tail"),
    [
        ("[]", "[\n", "\n]"),
        ("[ \n ]\n", "[\n", "\n]\n"),
        ('{\n    "services": []\n}\n', '{\n    "services": [\n', "\n    ]\n}\n"),
        ('{\r\n\t"services": [],\r\n\t"v": 1\r\n}', '{\r\n\t"services": [\r\n', '\r\n\t],\r\n\t"v": 1\r\n}'),
        ('{"v": 1.0, "services": []}', '{"v": 1.0, "services": [', "]}"),
    ],
    ids=["a new file", "an empty block", "an object", "an object in CRLF and tabs", "an object in one line"],
)
def test_the_first_entry_of_a_list(text: str, head: str, tail: str) -> None:
    made = merge(text, ENTRY).text

    assert made.startswith(head)
    assert made.endswith(tail)
    assert ENTRY in [*json.loads(made)] or json.loads(made)["services"] == [ENTRY]


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ('[{"id": "a"}]', json.dumps(ENTRY, ensure_ascii=False)),
        ('[{"id":"a"}]', json.dumps(ENTRY, ensure_ascii=False, separators=(",", ":"))),
        ('[\n\t{"id": "a"}\n]', ",\n\t" + json.dumps(ENTRY, ensure_ascii=False)),
        ('[\n\t{\n\t\t"id": "a"\n\t}\n]', WRITTEN.replace("    ", "\t\t").replace("  }", "\t}").strip()),
        (r'[{"id": "\u0061"}]', json.dumps(ENTRY)),
        ('[{\n"id": "a"\n}]', WRITTEN.replace("\n    ", "\n  ").replace("  }", "}").strip()),
    ],
    ids=["one line", "compact", "a line each", "tabs", "escapes", "no indentation"],
)
def test_the_form_is_that_of_the_file(text: str, written: str) -> None:
    assert written in merge(text, ENTRY).text


def test_line_ends_stay_those_of_the_file() -> None:
    made = merge(OF_A_PORTAL.replace("\n", "\r\n"), ENTRY).text

    assert made.replace("\r\n", "") == merge(OF_A_PORTAL, ENTRY).text.replace("\n", "")
    assert "\n" not in made.replace("\r\n", "")


def test_stacks_stand_beside_one_another_in_whatever_order_they_come() -> None:
    both = merge(merge(OF_A_PORTAL, ENTRY).text, OTHER_STACK).text
    other_way_round = merge(merge(OF_A_PORTAL, OTHER_STACK).text, ENTRY).text

    assert {entry["id"] for entry in json.loads(both)} == {"grafana", "minio", ENTRY["id"], OTHER_STACK["id"]}
    assert sorted(both) == sorted(other_way_round)
    assert remove(both, ENTRY["id"]).text == merge(OF_A_PORTAL, OTHER_STACK).text


def test_a_stack_of_the_same_name_elsewhere_is_not_replaced() -> None:
    namesake = OTHER_STACK | {"id": ENTRY["id"]}
    present = merge(OF_A_PORTAL, ENTRY).text

    with pytest.raises(
        CatalogError, match=r"'mlflow-platform.prod' \(line 15\) leads to .* Fix: give one of them an id"
    ):
        merge(present, namesake)
    assert json.loads(merge(present, namesake, take_over=True).text)[2:] == [namesake]


@pytest.mark.parametrize("url", ["null", "7", '"https://[broken"'])
def test_an_entry_of_the_same_id_that_leads_nowhere_is_somebody_elses(url: str) -> None:
    with pytest.raises(CatalogError, match="it is another stack's of the same id, or this stack has moved"):
        merge(f'[{{"id": "mlflow-platform.prod", "url": {url}}}]', ENTRY)


@pytest.mark.parametrize("member", ['"id": "mlflow", ', ""], ids=["with another id", "without one"])
def test_an_entry_that_somebody_wrote_by_hand_is_taken_over_only_when_that_is_said(member: str) -> None:
    text = f'[{{{member}"url": "http://mlflow.example.com/"}}]'

    with pytest.raises(
        CatalogError, match=r"somebody else's entry leads to .* in line 1\. Fix: replace it by --take-over"
    ):
        merge(text, ENTRY)
    assert json.loads(merge(text, ENTRY, take_over=True).text) == [ENTRY]


def test_an_entry_of_this_stack_from_before_it_had_a_certificate_is_renewed() -> None:
    text = '[{"id": "mlflow-platform.prod", "url": "http://MLflow.example.com"}]'

    assert merge(text, ENTRY).outcome is Outcome.REPLACED


def test_a_page_of_the_same_host_is_another_entry() -> None:
    text = '[{"id": "models", "url": "https://mlflow.example.com/#/models"}]'

    assert merge(text, ENTRY).outcome is Outcome.ADDED


def test_of_two_that_somebody_wrote_by_hand_none_is_taken_over() -> None:
    text = '[{"url": "https://mlflow.example.com"},\n{"url": "https://mlflow.example.com/"}]'

    with pytest.raises(CatalogError, match=r"None in line 1 and None in line 2\. Fix: remove all but one by hand"):
        merge(text, ENTRY, take_over=True)


def test_an_id_that_is_there_twice_is_refused() -> None:
    text = '[{"id": "mlflow-platform.prod"},\n\n{"id": "mlflow-platform.prod"}]'

    with pytest.raises(
        CatalogError, match=r"has 2 entries 'mlflow-platform\.prod', in lines 1 and 3\. Fix: remove all but"
    ):
        merge(text, ENTRY, take_over=True)
    with pytest.raises(CatalogError, match="has 2 entries"):
        remove(text, ENTRY["id"])


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", r"is not JSON: Expecting value \(line 1, column 1\)"),
        ('[\n  {"id": "a"},\n]', r"is not JSON: .* \(line 3, column 1\)"),
        ('[{"id": "a"} {"id": "b"}]', r"is not JSON: Expecting ',' \(line 1, column 14\)"),
        ('[{"id": "a"}', "is not JSON: Expecting ','"),
        ("[1, NaN]", "is not JSON: NaN is no number of JSON"),
        ("[] []", "is not JSON: Extra data"),
        ("{services: []}", "is not JSON: Expecting a name in double quotes"),
        ('{"services" []}', "is not JSON: Expecting ':'"),
        ('{"services": [] "v": 1}', "is not JSON: Expecting ','"),
        ('"services"', 'is neither a list of entries nor an object with a list "services"'),
        ('{"service": []}', 'is neither a list of entries nor an object with a list "services"'),
        ('{"services": {}}', 'is neither a list of entries nor an object with a list "services"'),
        ('{"services": [], "services": []}', 'has two members "services"'),
        ("[" * 100_000, "is nested too deeply"),
    ],
    ids=lambda part: part[:30],
)
def test_what_is_no_catalog_is_refused_with_its_place(text: str, what: str) -> None:
    with pytest.raises(CatalogError, match=what):
        merge(text, ENTRY)


def test_what_is_no_entry_in_the_list_does_not_matter() -> None:
    text = f'[null, 1e999, "id", [{{"id": "mlflow-platform.prod"}}], {"9" * 5000}]'

    assert merge(text, ENTRY).text.startswith(text.removesuffix("]") + ", ")


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ('[ {"id": "it"} ]', "[]"),
        ('[{"id": "it"}, {"id": "z"}]', '[{"id": "z"}]'),
        ('[{"id": "a"} , {"id": "it"} ]', '[{"id": "a"} ]'),
        (
            '{"services": [{"id": "a"},\r\n {"id": "it"},\r\n {"id": "z"}]}',
            '{"services": [{"id": "a"},\r\n {"id": "z"}]}',
        ),
    ],
    ids=["the only one", "the first", "the last", "one between"],
)
def test_an_entry_goes_with_its_comma(text: str, left: str) -> None:
    assert remove(text, "it").text == left


def test_what_is_not_there_is_removed_already() -> None:
    assert remove(OF_A_PORTAL, ENTRY["id"]).outcome is Outcome.ABSENT
    assert remove(OF_A_PORTAL, ENTRY["id"]).text == OF_A_PORTAL


def a_value(chance: random.Random, depth: int = 0) -> Any:
    """Any JSON value, with texts that would mislead whoever looks for brackets and commas."""
    texts = ["]", '"},{"id": "x', "\\", "🗄️", "é", "\u2028", "", "\t", "services", "🧪" * 3]
    if depth < 3 and chance.random() < 0.5:
        values = [a_value(chance, depth + 1) for _ in range(chance.randrange(4))]
        return values if chance.random() < 0.5 else {chance.choice(texts) + str(n): v for n, v in enumerate(values)}
    return chance.choice([*texts, 1, -0.0, 1e300, 10**40, True, None])


def a_catalog(chance: random.Random) -> str:
    """A catalog of any content, shape and form."""
    entries = [{"id": str(number), "x": a_value(chance)} for number in range(chance.randrange(1, 5))]
    entries += [a_value(chance)] * chance.randrange(2)
    document: Any = entries if chance.random() < 0.5 else {"before": a_value(chance), "services": entries, "z": 0}
    text = json.dumps(
        document,
        indent=chance.choice([None, 0, 1, 2, 4, "\t"]),
        separators=chance.choice([(",", ":"), (", ", ": "), (" ,\n", " : ")]),
        ensure_ascii=chance.random() < 0.5,
    )
    text = text.replace("\n", chance.choice(["\n", "\r\n"]))
    return chance.choice(["", "\ufeff"]) + text + chance.choice(["", "\n", " \r\n"])


@pytest.mark.parametrize("seed", range(200))
def test_whatever_is_in_a_catalog_stays_character_by_character(seed: int) -> None:
    text = a_catalog(random.Random(seed))  # noqa: S311 - chooses test data

    merged = merge(text, ENTRY).text

    common = next(at for at, (one, other) in enumerate(zip(text, merged, strict=False)) if one != other)
    assert merged.endswith(text[common:])
    document = json.loads(merged.removeprefix("\ufeff"))
    assert (document if isinstance(document, list) else document["services"])[-1] == ENTRY
    assert merge(merged, ENTRY).outcome is Outcome.UNCHANGED
    assert remove(merged, ENTRY["id"]).text == text
    renewed = merge(merged, ENTRY | {"owner": "ml-team"})
    assert renewed.text == merged.replace('"data-platform"', '"ml-team"')
