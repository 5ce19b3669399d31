"""The lock of the database as a whole: who migrates it and who backs it up take the same, so they never meet.

A session-level advisory lock of PostgreSQL (https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS):
`pg_try_advisory_lock(WHOLE_DATABASE)`. It is a lock of one database, so each takes it in the server's, by a session of
its own and not through a pooler of transactions; it goes with the session, also when its process is killed.
Programs in pods are given this file, so it imports nothing.
"""

WHOLE_DATABASE = 0x6D6C666C6F77
"""The letters of "mlflow", as the signed 64-bit integer 120312342278007 that PostgreSQL takes."""
