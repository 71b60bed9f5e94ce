"""The deployables: run, never imported by one another."""
