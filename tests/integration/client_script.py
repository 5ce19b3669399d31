"""What a user of MLflow does, run by each supported client: no line of it asks for the package.

Arguments: the address of another server, and the folder with the token. Prints, as JSON, which requests failed and how.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import mlflow
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient
from mlflow.utils.rest_utils import cloud_storage_http_request  # type: ignore[attr-defined] # where all versions have it


def refusal(name: str, tracking_uri: str | None = None) -> str:
    """Asks for an experiment; the message of the error that comes instead."""
    try:
        MlflowClient(tracking_uri=tracking_uri).get_experiment_by_name(name)
    except MlflowException as error:
        return str(error)
    return ""


other, token = sys.argv[1], Path(sys.argv[2])
with mlflow.start_run():
    mlflow.log_metric("loss", 0.5)
    mlflow.log_param("rate", 0.1)
    mlflow.log_artifact(__file__)

said = {
    "other": refusal("asked-of-another", other),
    "moved": refusal("moved"),
    "login": refusal("login"),
}
with cloud_storage_http_request("put", f"{other}/bucket/presigned?signature=x", data=b"part") as response:  # type: ignore[no-untyped-call]
    response.raise_for_status()

# As the kubelet does it: the new files in a folder of their own, then one link changes.
(token / "..new").symlink_to("second")
(token / "..new").rename(token / "..data")
said["rotated"] = refusal("after-rotation")
(token / "second" / "client-secret").write_text("")
said["emptied"] = refusal("emptied")

mlflow.set_tracking_uri(other)
said["switched"] = refusal("after-a-switch")
os.environ["MLFLOW_CLOUDFLARE_ACCESS_HOST"] = "mlflow.example.test"
(token / "second" / "client-secret").write_text("never-sent")
said["plain"] = refusal("plain", "http://mlflow.example.test")
os.environ["MLFLOW_CLOUDFLARE_ACCESS_HOST"] = "https://mlflow.example.test"
said["host"] = refusal("host") + refusal("host")
print(json.dumps(said))
