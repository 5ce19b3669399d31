"""The artifacts: from the artifact bucket into the bucket of backups, and back."""
