"""Entry point: ``python -m sandbox.engine.plugins.cloudflare ENGINE_ADDRESS``; the engine starts it."""

from sandbox.engine.plugins.cloudflare.provider import CloudflareProvider
from sandbox.engine.plugins.protocol.server import serve

if __name__ == "__main__":
    serve(CloudflareProvider())
