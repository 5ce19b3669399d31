"""Stand-in for the official ``postgresql`` plugin 3.18.2."""
