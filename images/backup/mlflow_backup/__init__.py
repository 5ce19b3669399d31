"""Backs up what MLflow stores, reads it back, and proves that it can: `python -m mlflow_backup --help`.

It runs in an image of its own and imports nothing else of this project. Its rooms:

- `archive`: what a backup consists of and where each part is, without any input or output
- `storage`: buckets, streams and encryption
- `database`: PostgreSQL, by a session and by its own dump and restore programs
- `artifacts`: the objects of the artifact bucket, to a backup and back
- `point_in_time`: the instance's base backups and its log, to the bucket and back to a moment
- `commands`: one file a command

Imports go one way: `commands` -> `artifacts`, `point_in_time` -> `database` -> `storage` -> `archive`.
"""

VERSION = "1.0"
"""Of this program, for the manifest; the format has a number of its own."""
