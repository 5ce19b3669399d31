"""What a backup consists of: names, manifest, inventory, lists, and which backups are kept. No input or output."""
