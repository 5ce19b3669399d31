"""`docs/configuration.md`: every key, with what the schema says of it and what the program asks of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sandbox.guides.explanations import explanations
from sandbox.guides.markdown import cell, sections
from sandbox.guides.needs import needs
from sandbox.guides.schema import groups
from sandbox.guides.values import asked, problems

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from sandbox.guides.needs import Need
    from sandbox.guides.schema import Group, Key

_HEAD = """\
# Configuration

<!-- Made by `make docs` of Pulumi.yaml and of the program that reads it. -->

Every key is a typed value of [`Pulumi.yaml`](../Pulumi.yaml); nothing branches on a stack's name. A stack sets what
differs from the defaults, in its `Pulumi.STACK.yaml`:

```sh
pulumi config set replicas 1                                     # a text, a number, true or false
openssl rand -base64 24 | pulumi config set --secret databasePassword
pulumi config set --path 'accessEmails[0]' ada@example.com       # one entry of a list
pulumi config set --path 'clientPeers[0].namespace' training     # one field of an entry
```

or, where a list or an object is longer, by hand:

```yaml
config:
  mlflow-platform:clientPeers:
    - namespace: training
      podLabels: {app: trainer}
    - cidr: 10.0.0.5/32
```

A key whose name ends with `Peers` is a list of such entries: a block of addresses, or pods by their labels, of a
namespace (without one, of the server's). A **secret** is refused unless it is stored encrypted.

All bad values are reported together, before any resource, each with its key, the reason and the cure:

"""
_EXPLAINED = {
    "The cluster": "[Accounts](deployment.md#accounts)",
    "The public route": "[What is needed](deployment.md#what-is-needed)",
    "Single sign-on": "[Single sign-on](sso.md)",
    "The server": "[Sizes](deployment.md#sizes)",
    "Who may reach the server": "[Clients in the cluster](service-catalog.md#clients-in-the-cluster)",
    "The service catalog": "[The service catalog](service-catalog.md)",
    "Monitoring": "[Monitoring](deployment.md#monitoring)",
    "Garbage collection": "[Daily operations](runbook.md#daily-operations)",
    "DataHub": "[Part 2 of the integration guide](integration-guide.md#part-2-datahub)",
    "The database": "[Accounts](deployment.md#accounts)",
    "The bucket": "[Accounts](deployment.md#accounts)",
    "Backups": "[Backups](deployment.md#backups)",
    "Point-in-time recovery": "[Recovery to a moment](point-in-time.md)",
    "Safety": "[Taking it down](deployment.md#taking-it-down)",
}
"""Where a group as a whole is explained."""
_WRONG: dict[str, Any] = {"replicas": "0", "artifactEndpoint": "minio:9000"}
"""An example of values that are refused."""


STARTERS = (
    "host",
    "tlsSecret",
    "image",
    "databaseHost",
    "databaseCaFile",
    "artifactEndpoint",
    "replicas",
    "workers",
    "access",
    "monitoring",
    "backup",
    "protectData",
)
"""What one begins with; the README names them."""


def starters(schema: str) -> str:
    """A table of the keys that one begins with."""
    keys = {key.name: key for group in groups(schema) for key in group.keys}
    rows = ["| key | default | what it is |", "|---|---|---|"]
    rows += [f"| `{name}` | {_default(keys[name])} | {cell(keys[name].description)} |" for name in STARTERS]
    return "\n".join([*rows, ""])


def document(schema: str, folder: Path) -> str:
    """The whole guide.

    Args:
        schema: Text of Pulumi.yaml.
        folder: Where the other guides are, to which it leads.
    """
    found = groups(schema)
    keys = [key for group in found for key in group.keys]
    forms = asked(keys)
    links = explanations(folder, [key.name for key in keys])
    tables = "\n".join(_section(group, forms, links) for group in found)
    contents = "".join(
        f"- [{section.title}](#{section.anchor})\n" for section in sections(_NEEDS + tables) if section.level > 1
    )
    return f"{_HEAD}{_example(keys)}\n## Contents\n\n{contents}\n{_NEEDS}{_table_of_needs(keys)}\n{tables}"


def _example(keys: Sequence[Key]) -> str:
    usual = set(map(str, problems(keys, {})))
    wrong = [str(each) for each in problems(keys, _WRONG) if str(each) not in usual]
    lines = [
        f"{len(wrong)} configuration values need attention; nothing was changed:",
        *(f"  {each}" for each in wrong),
    ]
    return "\n".join(["```text", *lines, "```", ""])


_NEEDS = """\
## What needs what

Found out by trying: what the program demands with these values, beside what it demands with fewer of them, where all
others are the defaults.

| with | has to be set, too | is refused otherwise |
|---|---|---|
"""


def _table_of_needs(keys: Sequence[Key]) -> str:
    defaults = {key.name: key.default for key in keys}
    rows = ((_given(need, defaults), _names(need.missing), "; ".join(need.refusals)) for need in needs(keys))
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _given(need: Need, defaults: Mapping[str, Any]) -> str:
    if not need.given:
        return "every stack"
    usual = " (the default)" if all(defaults[name] == value for name, value in need.given) else ""
    return " and ".join(f"`{name}`" + _value(value) for name, value in need.given) + usual


def _value(value: Any) -> str:
    """What a switch is set to; of an address it only matters that there is one."""
    text = value if isinstance(value, str) else json.dumps(value)
    return "" if "://" in text else f" `{text}`"


def _names(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _section(group: Group, forms: Mapping[str, str], links: Mapping[str, str]) -> str:
    lines = [f"## {group.title}", ""]
    note = f"{group.note[:1].upper()}{group.note[1:]}. " if group.note else ""
    lines += [f"{note}Explained in {_EXPLAINED[group.title]}.", ""]
    lines += ["| key | type | default | what it is | more |", "|---|---|---|---|---|"]
    lines += [f"| {' | '.join(map(cell, _row(key, forms, links)))} |" for key in group.keys]
    return "\n".join([*lines, ""])


def _row(key: Key, forms: Mapping[str, str], links: Mapping[str, str]) -> Iterator[str]:
    form = forms.get(key.name)
    yield f"`{key.name}`"
    yield ("secret" if key.secret else key.type) + (f": {form}" if form else "")
    yield _default(key)
    yield key.description[:1].upper() + key.description[1:] if key.secret else key.description
    yield links.get(key.name, "")


def _default(key: Key) -> str:
    if key.default in ("", [], {}):
        return ""
    return f"`{key.default if isinstance(key.default, str) else json.dumps(key.default)}`"
