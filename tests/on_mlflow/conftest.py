"""One server of MLflow on this machine, for whatever is a client of it."""

from tests.dolphinscheduler.mlflow_here import mlflow_server

__all__ = ["mlflow_server"]  # a fixture: importing it makes it known here
