"""The commands of the runbook that are no alert's, and those before a platform goes live, are run as they stand there.

Among the drills, since some of them stop the server, which spends its budget of errors. Those of scaling are not: a
third pod has no room on one node. What they set is tried in the unit layer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sandbox import backup_keys, rehearsal
from tests import runbook
from tests.integration.cluster import wait_until_rolled_out
from tests.rehearsal.conftest import production

if TYPE_CHECKING:
    from pathlib import Path

ENVIRONMENT = rehearsal.environment() | {"IDENTITY": str(backup_keys.OWNERS)}


@pytest.mark.parametrize(
    ("guide", "section", "number"),
    [
        (runbook.RUNBOOK, "Daily operations", 4),
        (runbook.RUNBOOK, "Backups", 2),
        (runbook.RUNBOOK, "Restoring a backup", 2),
        (runbook.RUNBOOK, "Maintenance windows", 2),
        (runbook.DEPLOYMENT, "Before going live", 1),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_the_commands_of_a_section_do_what_it_says(guide: Path, section: str, number: int) -> None:
    commands = runbook.blocks(section, guide)
    assert len(commands) == number

    # Of a maintenance window, the second block is what comes after it, in the same shell; a moment has a drill.
    runbook.run(*(each for each in commands if "$MOMENT" not in each), environment=ENVIRONMENT)

    wait_until_rolled_out()
    # Nothing of what they changed is left for the next update to take back.
    production().succeed("preview", "--expect-no-changes")
