"""A healthy platform under load raises no alert.

The first of the drills, as its name sorts: later, the budgets of the objectives are spent by the faults.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tests.drills import alertmanager
from tests.rehearsal.prometheus import series

if TYPE_CHECKING:
    import pytest

    from tests.integration.load import Load

QUIET_SECONDS = {False: 60, True: 600}
"""By whether the drills are run in full."""


def test_no_alert_fires_while_clients_work(load: Load, pytestconfig: pytest.Config) -> None:
    seconds = QUIET_SECONDS[pytestconfig.getoption("--full")]
    alertmanager.wait_until_nothing_fires()
    begun, known = time.time(), load.complete()
    while time.time() < begun + seconds:
        load.wait_for_progress()
    lasted = int(time.time() - begun)

    fired = series(f'count by (alertname) (count_over_time(ALERTS{{alertstate="firing"}}[{lasted}s]))')
    assert [alert["metric"]["alertname"] for alert in fired] == []
    assert load.failures == []
    print(f"quiet for {lasted} s while {load.complete() - known} runs were logged")
