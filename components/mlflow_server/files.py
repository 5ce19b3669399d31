"""Where the pods may write."""

METRICS_DIR = "/var/lib/mlflow/metrics"
TEMPORARY_DIR = "/tmp"  # noqa: S108 - an emptyDir of the pod's own, not a directory that is shared with anybody
