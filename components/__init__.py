"""Pulumi components: one concern each, fed with typed arguments, never with configuration."""
