"""`make dashboards`: pictures of the dashboards, with what the sandbox's Prometheus knows now.

What is drawn are the ConfigMaps on the cluster that Grafana would see, not what the program of this clone would make:
`pulumi up` brings a change there first.
"""

from __future__ import annotations

import sys
import time

from sandbox import ownership
from sandbox.dashboard_pages import cluster
from sandbox.dashboard_pages.prometheus import Prometheus
from sandbox.dashboard_pages.render import render
from sandbox.layers import OUTPUT
from sandbox.monitoring_stack import PROMETHEUS_URL

FOLDER = OUTPUT / "dashboards"


def run() -> None:
    """Draws all of them and says where they are, and which panels have no data.

    Raises:
        SandboxError: Prometheus is not there, the cluster has no dashboards, or a query failed.
    """
    ownership.demand_no_others()
    prometheus = Prometheus(PROMETHEUS_URL)
    prometheus.demand_ready()
    answered = render(cluster.boards(), prometheus, time.time(), FOLDER)
    for name, each in answered.items():
        sys.stdout.write(f"{FOLDER / name}.png: {len(each.panels)} panels\n")
        for text in each.empty:
            sys.stdout.write(f"  NO DATA: {text}\n")
    sys.stdout.write(f"all of them: {FOLDER / 'index.html'}\n")
