"""PostgreSQL: a session for questions and locks, and `pg_dump`, `pg_restore` and `psql` for the content."""
