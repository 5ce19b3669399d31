"""What `make` calls: one module a command."""
