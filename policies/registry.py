"""Every rule, in the order of the report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from policies import data_protection, images, labels, networks, pods, routes, secrets, storage, tls

if TYPE_CHECKING:
    from policies.rule import Rule

_CONCERNS = (pods, images, secrets, storage, tls, routes, networks, data_protection, labels)
RULES: tuple[Rule, ...] = tuple(rule for concern in _CONCERNS for rule in concern.RULES)


def table() -> str:
    """Describe the rules as a Markdown table."""
    rows = ["| rule | what holds | enforcement | what to do about a violation |", "|---|---|---|---|"]
    for rule in RULES:
        cells = (f"`{rule.name}`", rule.description, rule.enforcement.value, rule.remediation)
        rows.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")
    return "\n".join(rows) + "\n"
