"""Every case."""

from __future__ import annotations

from tests.unit.alerts import (
    backup_cases,
    garbage_cases,
    ingestion_cases,
    objective_cases,
    point_in_time_cases,
    server_cases,
    storage_cases,
    way_in_cases,
    witness_cases,
)

CASES = (
    *server_cases.CASES,
    *storage_cases.CASES,
    *objective_cases.CASES,
    *witness_cases.CASES,
    *way_in_cases.CASES,
    *backup_cases.CASES,
    *point_in_time_cases.CASES,
    *garbage_cases.CASES,
    *ingestion_cases.CASES,
)
