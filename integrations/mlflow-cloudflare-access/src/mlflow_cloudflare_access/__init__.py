"""Lets the MLflow client pass Cloudflare Access with a service token, sent to the configured host only.

MLflow asks a header provider for headers without saying what for, and requests repeats every header but Authorization
wherever a server redirects to. So MLflow gets placeholders that are worth nothing (`provider`), and they become the
token in the last step before the connection, where the address is known, each redirect's too (`exchange`).
"""
