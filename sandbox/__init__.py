"""The local platform that stands in for the real one: tools, cluster, database, object store."""
