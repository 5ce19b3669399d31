"""Sessions of the server's database, for programs that change it beside the server, and the lock that keeps them apart.

Such a program is given this package beside its own (`components.python_files`), so it is here and there imported by the
same name. It takes SQLAlchemy and `components.program_logging`.
"""
