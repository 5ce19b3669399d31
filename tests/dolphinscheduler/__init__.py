"""What DolphinScheduler does with a task, as its source says it (generations 3.1.9, 3.2 and 3.3), without a server."""
