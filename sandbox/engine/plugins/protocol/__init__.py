"""The part of a resource plugin that is the same for every provider: wire format, schema rules, gRPC service."""
