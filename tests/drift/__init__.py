"""What somebody may do by hand to each kind of resource, for tests that a refresh finds and an update mends it."""
