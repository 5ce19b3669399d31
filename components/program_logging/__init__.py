"""One log for everything in Python that runs in a pod: JSON, a line each, with nothing in it that opens a door.

Every program is given this package beside its own (`components.python_files`), so it is here and there imported by the
same name. It takes nothing but Python's own library, of 3.10 on, since that is the oldest that MLflow 3.17 runs on.
"""
