"""Submits a definition by DolphinScheduler's own library, and prints, as JSON, what its server would be sent.

Argument: the file. Runs in an environment with that library; in the place of the server stands an object that takes it.
"""

from __future__ import annotations

import itertools
import json
import sys
from unittest.mock import MagicMock

from pydolphinscheduler import java_gateway
from pydolphinscheduler.core.yaml_workflow import YamlWorkflow

ENVIRONMENT_CODE = 77
NAMES = (
    "user", "project", "name", "description", "parameters", "schedule", "online_schedule", "warning_type",
    "warning_group", "timeout", "worker_group", "release_state", "relations", "tasks", "other", "execution_type",
)  # fmt: skip
"""The arguments of `createOrUpdateWorkflow`, in their order."""
DOCUMENTS = ("parameters", "schedule", "relations", "tasks")

codes = itertools.count(1)
server = MagicMock()
server.getCodeAndVersion.side_effect = lambda *_: {"code": next(codes), "version": 0}
server.getEnvironmentInfo.return_value = ENVIRONMENT_CODE
java_gateway.gateway._gateway = MagicMock(entry_point=server)  # what it would connect to
YamlWorkflow.parse(sys.argv[1])
(sent,) = server.createOrUpdateWorkflow.call_args_list
submitted = dict(zip(NAMES, sent.args, strict=True))
print(json.dumps(submitted | {name: json.loads(submitted[name]) for name in DOCUMENTS}))
