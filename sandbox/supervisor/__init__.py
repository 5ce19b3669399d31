"""The process that holds the sandbox's namespaces open and keeps its parts, and the client that talks to it."""
