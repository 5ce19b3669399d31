"""Pictures of the dashboards, as Grafana would show them: ConfigMaps -> variables -> queries -> series -> charts.

There is no Grafana in the sandbox; what a person has to see, and a test has to ask, is the same without one.
"""

from __future__ import annotations

import os

from sandbox import paths

# Otherwise matplotlib keeps its index of fonts beside the caches of other programs.
os.environ.setdefault("MPLCONFIGDIR", str(paths.CACHE / "matplotlib"))
