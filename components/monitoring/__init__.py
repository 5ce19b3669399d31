"""Component `Monitoring`: what tells Prometheus where the platform's numbers are, and Grafana how to show them."""

from components.monitoring.args import DashboardArgs, MonitoringArgs
from components.monitoring.monitoring import Monitoring

__all__ = ["DashboardArgs", "Monitoring", "MonitoringArgs"]
