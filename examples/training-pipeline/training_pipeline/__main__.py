"""`python -m training_pipeline`: the steps as commands."""

import logging
import os
import sys

from mlflow_client import configure_logging

from training_pipeline.command_line import main

# MLflow writes the address of a run to standard output, which is for results here.
os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")
logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(message)s")
configure_logging()
sys.exit(main())
