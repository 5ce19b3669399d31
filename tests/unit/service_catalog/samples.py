"""Entries and catalogs to put them into."""

from __future__ import annotations

ENTRY = {
    "id": "mlflow-platform.prod",
    "name": "MLFlow",
    "url": "https://mlflow.example.com",
    "category": "ML",
    "description": "ML experiment tracking and model registry",
    "icon": "🧪",
    "healthUrl": "https://mlflow.example.com/health",
    "owner": "data-platform",
}
OTHER_STACK = ENTRY | {
    "id": "mlflow-platform.dev",
    "url": "https://dev.example.com",
    "healthUrl": "https://dev.example.com/health",
}
OF_A_PORTAL = """\
[
  {
    "id": "grafana",
    "name": "Grafana",
    "url": "https://grafana.example.com",
    "category": "Monitoring",
    "description": "Dashboards \\u2014 and alerts",
    "icon": "📈", "order": 1.50
  },
  {
    "id": "minio",
    "icon" : "🗄️",
    "url": "https://minio.example.com"
  }
]
"""
"""As a portal keeps it: no two entries have the same form."""
WRITTEN = """\
  {
    "id": "mlflow-platform.prod",
    "name": "MLFlow",
    "url": "https://mlflow.example.com",
    "category": "ML",
    "description": "ML experiment tracking and model registry",
    "icon": "🧪",
    "healthUrl": "https://mlflow.example.com/health",
    "owner": "data-platform"
  }"""
"""How the entry is written there."""
