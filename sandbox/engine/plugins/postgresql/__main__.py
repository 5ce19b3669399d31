"""Entry point: ``python -m sandbox.engine.plugins.postgresql ENGINE_ADDRESS``; the engine starts it."""

from sandbox.engine.plugins.postgresql.provider import PostgresqlProvider
from sandbox.engine.plugins.protocol.server import serve

if __name__ == "__main__":
    serve(PostgresqlProvider())
