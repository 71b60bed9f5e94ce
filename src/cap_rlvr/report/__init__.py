"""A run's files read back as one page and one JSON."""
