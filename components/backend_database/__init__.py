"""Component `BackendDatabase`: the PostgreSQL roles and the database that hold MLflow's runs and models."""

from components.backend_database.args import (
    BackendDatabaseArgs,
    DatabaseDrillArgs,
    DatabaseLogin,
    DatabaseReaderArgs,
)
from components.backend_database.database import BackendDatabase

__all__ = ["BackendDatabase", "BackendDatabaseArgs", "DatabaseDrillArgs", "DatabaseLogin", "DatabaseReaderArgs"]
