"""The pinned tools: Debian packages, Python wheels and Go programs, built once into the user's cache."""
