"""What the program makes of both stacks keeps every rule, except where a listed exception says why not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from policies import exceptions
from policies.registry import RULES
from policies.rule import judge
from tests.unit import stack_files
from tests.unit.policies import recorded

if TYPE_CHECKING:
    from policies.rule import Finding
    from tests.unit.conftest import Deploy

STACKS: dict[str, tuple[str, dict[str, Any]]] = {
    "dev": ("dev", {}),
    "dev_with_a_datahub": ("dev", stack_files.DATAHUB),
    "prod": ("prod", {}),
    "prod_behind_a_tunnel": ("prod", stack_files.TUNNEL),
    "prod_with_drills": ("prod", stack_files.DRILL),
    "prod_with_the_log_of_its_database": ("prod", stack_files.MOMENTS),
}
EXEMPTIONS = exceptions.read(exceptions.FILE)


def findings(deployed: Deploy, case: str, *, preview: bool = False) -> list[Finding]:
    stack, overrides = STACKS[case]
    return judge(RULES, recorded.resources(deployed(stack, preview=preview, **overrides), stack))


def texts(found: list[Finding]) -> list[str]:
    return [f"{f.rule.name}: {f.violation.resource.name}: {f.violation.what}" for f in found]


@pytest.mark.parametrize("preview", [False, True], ids=["update", "first_preview"])
@pytest.mark.parametrize("case", STACKS)
def test_what_the_program_makes_keeps_every_rule(deployed: Deploy, case: str, preview: bool) -> None:  # noqa: FBT001
    left, _ = exceptions.sort_out(findings(deployed, case, preview=preview), EXEMPTIONS)

    assert texts(left) == []


def test_every_exception_is_for_something_that_the_program_makes(deployed: Deploy) -> None:
    used = {by for case in STACKS for _, by in exceptions.sort_out(findings(deployed, case), EXEMPTIONS)[1]}

    assert [exemption for exemption in EXEMPTIONS if exemption not in used] == []


def test_production_is_excused_only_for_the_way_to_cloudflare(deployed: Deploy) -> None:
    _, excused = exceptions.sort_out(findings(deployed, "prod"), EXEMPTIONS)

    assert {(finding.rule.name, finding.violation.resource.name) for finding, _ in excused} == {
        ("egress-named", "gateway-edges"),
        ("egress-named", "canary-edges"),
    }
