"""What the client package for DolphinScheduler adds to a task: time of its import, and time and requests of each run.

A server on the loopback that answers at once stands for MLflow, so that the difference between a run of the package and
one of MLflow alone is the package.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from sandbox import paths, processes
from sandbox.benchmarks.figures import emit

if TYPE_CHECKING:
    from pathlib import Path

SOURCES = paths.CLONE / "integrations" / "dolphinscheduler" / "src"
IMPORTS = 9
PAIRS = 200
GOAL_IMPORT_MILLISECONDS = 50
GOAL_RUN_MILLISECONDS = 5
SECONDS = 120.0

IMPORT = """
import time
begun = time.process_time()
from mlflow_client import MLFlowClient, setup_mlflow_for_dolphinscheduler
print(time.process_time() - begun)
"""
RUNS = """
import json, os, sys, time
import mlflow
from mlflow_client import MLFlowClient

client = MLFlowClient(sys.argv[1], context={"workflow_instance_id": "1", "task_definition_code": "2"})
client.set_experiment("bench")
os.environ["MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT"] = "true"

def seconds(start):
    begun = time.perf_counter()
    with start():
        pass
    return time.perf_counter() - begun

for _ in range(5):
    seconds(mlflow.start_run), seconds(client.start_run)
print(json.dumps([(seconds(client.start_run), seconds(mlflow.start_run)) for _ in range(int(sys.argv[2]))]))
"""
_RUN = {
    "info": {
        "run_id": "0" * 32,
        "run_uuid": "0" * 32,
        "experiment_id": "1",
        "status": "RUNNING",
        "start_time": 1,
        "artifact_uri": "mlflow-artifacts:/1/0/artifacts",
        "lifecycle_stage": "active",
    },
    "data": {},
}
_EXPERIMENT = {"experiment_id": "1", "name": "bench", "lifecycle_stage": "active"}
_ANSWER = json.dumps({"run": _RUN, "run_info": _RUN["info"], "experiment": _EXPERIMENT}).encode()


def measure(folder: Path) -> None:
    """Measures and prints; `folder` is empty."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "PYTHONPATH": str(SOURCES),
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }
    imports = [float(_python(environment, IMPORT)) for _ in range(IMPORTS)]
    emit(
        "processor time of the import of the DolphinScheduler client",
        milliseconds=round(1000 * statistics.median(imports), 1),
        goal=GOAL_IMPORT_MILLISECONDS,
        imports=IMPORTS,
    )
    server, asked = _server()
    try:
        pairs = json.loads(
            _python(environment, RUNS, f"http://127.0.0.1:{server.server_port}", str(PAIRS)).splitlines()[-1]
        )
    finally:
        server.shutdown()
        server.server_close()
    emit(
        "time that the DolphinScheduler client adds to a run",
        milliseconds=round(1000 * statistics.median(own - plain for own, plain in pairs), 2),
        without=round(1000 * statistics.median(plain for _, plain in pairs), 2),
        goal=GOAL_RUN_MILLISECONDS,
        requests_of_a_run=round((len(asked) - 1) / (2 * (PAIRS + 5)), 2),
        pairs=PAIRS,
    )


def _python(environment: dict[str, str], script: str, *words: str) -> str:
    return processes.output_of(
        [sys.executable, "-c", script, *words], what="a script of the benchmark", timeout=SECONDS, env=environment
    )


def _server() -> tuple[ThreadingHTTPServer, list[str]]:
    """One that listens, and the paths that it was asked for so far."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def log_message(self, *_: Any) -> None:
            pass

        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", "0")))
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(_ANSWER)))
            self.end_headers()
            self.wfile.write(_ANSWER)

        do_GET = do_POST = answer  # noqa: N815 - http.server looks for these names

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server, asked
