"""Buckets, streams into and out of them, and encryption on the way."""
