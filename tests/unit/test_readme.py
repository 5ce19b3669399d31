"""The README's configuration table is the schema's."""

from __future__ import annotations

from sandbox.commands import docs


def test_configuration_table_of_the_readme_is_made_from_the_schema() -> None:
    assert docs.table(docs.SCHEMA.read_text()) in docs.README.read_text(), "run `make docs`"


def test_a_key_becomes_a_row_with_type_default_and_description() -> None:
    schema = """
config:
  replicas: {type: integer, description: Number of pods, default: 2}
  peers: {type: array, description: "a | b", default: [{cidr: 10.0.0.1/32}]}
  host: {type: string, description: Public host}
"""
    assert docs.table(schema).splitlines()[2:] == [
        "| `replicas` | integer | `2` | Number of pods |",
        '| `peers` | array | `[{"cidr": "10.0.0.1/32"}]` | a \\| b |',
        "| `host` | string |  | Public host |",
    ]
