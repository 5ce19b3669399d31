"""Where the pods find their files: one place, so that the volumes and the settings that name them agree."""

AUTHORITIES_DIR = "/etc/mlflow/authorities"
DATABASE_AUTHORITY = "database.pem"
BUCKET_AUTHORITY = "bucket.pem"
DATABASE_AUTHORITY_PATH = f"{AUTHORITIES_DIR}/{DATABASE_AUTHORITY}"
BUCKET_AUTHORITY_PATH = f"{AUTHORITIES_DIR}/{BUCKET_AUTHORITY}"

DATABASE_LOGIN_DIR = "/etc/mlflow/database"
DATABASE_LOGIN = "pg_service.conf"
DATABASE_LOGIN_PATH = f"{DATABASE_LOGIN_DIR}/{DATABASE_LOGIN}"
DATABASE_SERVICE = "mlflow"
"""Name of the section in `DATABASE_LOGIN`."""

BUCKET_KEY_DIR = "/etc/mlflow/bucket"
BUCKET_KEY = "credentials"
BUCKET_KEY_PATH = f"{BUCKET_KEY_DIR}/{BUCKET_KEY}"

METRICS_DIR = "/var/lib/mlflow/metrics"
TEMPORARY_DIR = "/tmp"  # noqa: S108 - an emptyDir of the pod's own, not a directory that is shared with anybody
