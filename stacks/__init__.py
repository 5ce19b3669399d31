"""From configuration to a composed platform."""
