"""What the resources of each stack are called, as it was agreed on: `python -m tests.unit.golden` writes the lists."""
