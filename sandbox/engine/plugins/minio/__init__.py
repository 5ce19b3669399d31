"""Stand-in for the official ``minio`` plugin 0.17.1 (Terraform provider 1.20.1)."""
