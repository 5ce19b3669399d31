"""A model from data to a served version, as tasks of a scheduler: `python -m training_pipeline --help`.

Each step is a command of its own, which takes what the step before it has printed, and may be repeated: it finds what
it has made the last time instead of making it again.
"""
