"""Starts the command: `python -m policies --stack STACK < preview.json`."""

import sys

from policies.command import main

sys.exit(main())
