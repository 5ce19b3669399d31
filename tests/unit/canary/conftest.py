from __future__ import annotations

import io
import json
import logging
from typing import TYPE_CHECKING

import pytest

from components.canary.program import log
from components.program_logging.process import LineHandler
from tests.unit.canary.counterpart import Counterpart, counterpart

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.unit.canary.trial import Told


@pytest.fixture
def mlflow() -> Iterator[Counterpart]:
    with counterpart() as running:
        yield running


@pytest.fixture
def told() -> Iterator[Told]:
    root = logging.getLogger()
    before = (root.level, root.handlers[:])
    stream = io.StringIO()
    root.setLevel(logging.INFO)
    root.handlers[:] = [LineHandler(stream, log.FIELDS)]
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.setLevel(before[0])
    root.handlers[:] = before[1]
