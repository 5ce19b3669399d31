"""Component `InventoryExporter`: what tells Prometheus of what MLflow has stored, which MLflow itself does not."""

from components.inventory_exporter.args import InventoryExporterArgs, RefreshArgs
from components.inventory_exporter.exporter import InventoryExporter

__all__ = ["InventoryExporter", "InventoryExporterArgs", "RefreshArgs"]
