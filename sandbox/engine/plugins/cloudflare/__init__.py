"""Stand-in for the official ``cloudflare`` plugin 6.23.1 (Terraform provider 5)."""
