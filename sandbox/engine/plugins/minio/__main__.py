"""Entry point: ``python -m sandbox.engine.plugins.minio ENGINE_ADDRESS``; the engine starts it."""

from sandbox.engine.plugins.minio.provider import MinioProvider
from sandbox.engine.plugins.protocol.server import serve

if __name__ == "__main__":
    serve(MinioProvider())
