"""Names in which an identity travels: what the edge sends, what MLflow gets, and what a client must not forge."""

ASSERTION_HEADER = "cf-access-jwt-assertion"
EMAIL_HEADER = "cf-access-authenticated-user-email"
SERVICE_TOKEN_HEADER = "cf-access-service-token"  # noqa: S105 - a header's name
SESSION_COOKIE = "CF_Authorization"

FORGEABLE_HEADERS = (
    EMAIL_HEADER,
    SERVICE_TOKEN_HEADER,
    "cf-access-user",
    # Credentials for the edge alone: MLflow must not see the secret of a service token.
    "cf-access-client-id",
    "cf-access-client-secret",
    "x-forwarded-email",
    "x-forwarded-groups",
    "x-forwarded-preferred-username",
    "x-forwarded-user",
    "remote-user",
    "remote-email",
    "x-remote-user",
    "x-remote-group",
    "x-real-ip",
    "forwarded",
    # Made here for every request, or the audit log could be given the same one twice.
    "x-request-id",
)
"""Removed before anything reads them; headers with an underscore in the name never get that far."""

FORGEABLE_PREFIXES = (
    "x-auth-request-",
    # By these Envoy would take a caller's word on retries and time-outs.
    "x-envoy-",
)

CLAIM_HEADERS = {"email": EMAIL_HEADER, "common_name": SERVICE_TOKEN_HEADER}
"""Claims of a verified assertion, and the headers that tell MLflow: a person has the first, a machine the second."""
