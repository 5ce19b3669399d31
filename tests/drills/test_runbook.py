"""The commands of the runbook that are no alert's are run as they stand there.

Among the drills, since some of them stop the server, which spends its budget of errors. Those of scaling are not: a
third pod has no room on one node. What they set is tried in the unit layer.
"""

from __future__ import annotations

import pytest

from sandbox import backup_keys, rehearsal
from tests import runbook
from tests.integration.cluster import wait_until_rolled_out
from tests.rehearsal.conftest import production

ENVIRONMENT = rehearsal.environment() | {"IDENTITY": str(backup_keys.OWNERS)}


@pytest.mark.parametrize(
    ("section", "number"),
    [("Daily operations", 4), ("Backups", 2), ("Restoring a backup", 2), ("Maintenance windows", 2)],
)
def test_the_commands_of_a_section_do_what_it_says(section: str, number: int) -> None:
    commands = runbook.blocks(section)
    assert len(commands) == number

    # Of a maintenance window, the second block is what comes after it, in the same shell; a moment has a drill.
    runbook.run(*(each for each in commands if "$MOMENT" not in each), environment=ENVIRONMENT)

    wait_until_rolled_out()
    # Nothing of what they changed is left for the next update to take back.
    production().succeed("preview", "--expect-no-changes")
