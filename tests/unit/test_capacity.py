"""What is too much for the server's memory or its connections is refused, and what just fits is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.unit.test_settings import complaints, load

if TYPE_CHECKING:
    from pathlib import Path


def test_more_workers_need_more_memory(tmp_path: Path) -> None:
    (line,) = complaints(tmp_path, workers=6, databaseConnectionLimit=500)

    assert "memoryLimit: '2Gi' is less than the 2075Mi that 6 workers take at rest" in line


def test_the_autoscalers_most_counts_for_the_connections(tmp_path: Path) -> None:
    (line,) = complaints(tmp_path, maxReplicas=4)

    assert "80 is less than the 113 connections that the server can open during a rollout" in line


def test_what_just_fits_is_enough(tmp_path: Path) -> None:
    settings = load(
        tmp_path, databaseConnectionLimit=69, memoryRequest="875Mi", memoryLimit="875Mi", cpuRequest="1000m"
    )

    assert settings.resources.memory_request == settings.resources.memory_limit
