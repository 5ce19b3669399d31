"""Component `Monitoring`: what tells Prometheus where the platform's numbers are."""

from components.monitoring.args import MonitoringArgs
from components.monitoring.monitoring import Monitoring

__all__ = ["Monitoring", "MonitoringArgs"]
