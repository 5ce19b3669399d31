"""Judges that we did not write: each tells what it finds in objects or files; exceptions.toml tells what may be."""
