"""Where the pods find their files: one place, so that the volumes and the settings that name them agree."""

_BASE = "/etc/mlflow-backup"

AUTHORITIES_DIR = f"{_BASE}/authorities"
DATABASE_AUTHORITY = "database.pem"
ARTIFACTS_AUTHORITY = "artifacts.pem"
BACKUPS_AUTHORITY = "backups.pem"

DATABASE_DIR = f"{_BASE}/database"
DATABASE_LOGIN = "pg_service.conf"
DATABASE_SERVICE = "mlflow"
"""Name of the section in `DATABASE_LOGIN`."""

BACKUPS_DIR = f"{_BASE}/backups"
ARTIFACTS_DIR = f"{_BASE}/artifacts"
BUCKET_KEY = "credentials"

RECIPIENTS_DIR = f"{_BASE}/recipients"
RECIPIENTS = "recipients"
IDENTITY_DIR = f"{_BASE}/identity"
IDENTITY = "identity"
"""Also the key in the Secret that a person makes for a restore."""

PROGRAM_DIR = f"{_BASE}/program"
"""On Python's path of the server's image."""

TEMPORARY_DIR = "/tmp"  # noqa: S108 - an emptyDir of the pod's own, not a directory that is shared with anybody
INSTANCE_DIR = "/var/lib/mlflow-instance"
"""Of a database server that is recovered to a moment."""
SHARED_DIR = "/var/lib/mlflow-backup"
"""What the containers of one pod tell one another."""
KNOWN_REVISIONS = f"{SHARED_DIR}/known-revisions"
DRILL_PLACE = f"{SHARED_DIR}/drill"
