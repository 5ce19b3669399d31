"""One file a command. Each takes its settings and arguments, and fills in the report of how it went."""
