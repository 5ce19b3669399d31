"""What the last release made that holds data, per stack: `python -m tests.unit.released` records it."""
