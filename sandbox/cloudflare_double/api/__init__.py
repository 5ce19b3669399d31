"""Cloudflare's REST API v4, as far as the program uses it."""

from sandbox.cloudflare_double.api.app import api_app

__all__ = ["api_app"]
