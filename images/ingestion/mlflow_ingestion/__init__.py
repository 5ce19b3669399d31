"""Tells DataHub what MLflow holds: `python -m mlflow_ingestion --help`.

It runs in an image of its own and imports nothing else of this project. DataHub's framework does the work, with its own
source for MLflow; `source` mends what that leaves out, and the rest is about ends: a bad recipe, a server that is away,
a token that is refused, each with one line and an exit code.
"""

VERSION = "1.0"
"""Of this program."""
