"""The program of the migration's Job, `python -m migration`: brings the schema to the image's, or tells why not.

It runs MLflow's own migrations in its own process and on its own connection, instead of `mlflow db upgrade`:

- One session holds the lock and does the work, so the lock is there for as long as any of the work goes on. A command
  in a process of its own would survive this one, and go on without the lock.
- One transaction holds all of it, the creation of the first tables included, and is committed only after it was looked
  at. `mlflow db upgrade` commits those tables first, and the rest without another look.

It takes an image's Python libraries as they are: MLflow with alembic and SQLAlchemy, on PostgreSQL.
"""
