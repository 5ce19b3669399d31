"""`make docs`: writes the README's configuration table from the schema in Pulumi.yaml."""

from __future__ import annotations

import json
from typing import Any

import yaml

from sandbox import paths

README = paths.CLONE / "README.md"
SCHEMA = paths.CLONE / "Pulumi.yaml"
BEGIN, END = "<!-- configuration: made by `make docs` -->", "<!-- end of configuration -->"


def run() -> None:
    """Replaces the table between its two marks."""
    text = README.read_text()
    before, rest = text.split(BEGIN)
    README.write_text(f"{before}{BEGIN}\n{table(SCHEMA.read_text())}{END}{rest.split(END)[1]}")


def table(schema: str) -> str:
    """The keys of a Pulumi.yaml as a Markdown table: name, type, default, description."""
    rows = ["| key | type | default | what it is |", "|---|---|---|---|"]
    for key, entry in yaml.safe_load(schema)["config"].items():
        description = str(entry["description"]).replace("|", "\\|")
        rows.append(f"| `{key}` | {entry['type']} | {_default(entry)} | {description} |")
    return "\n".join(rows) + "\n"


def _default(entry: dict[str, Any]) -> str:
    value = entry.get("default")
    return "" if value in (None, "", []) else f"`{value if isinstance(value, str) else json.dumps(value)}`"
