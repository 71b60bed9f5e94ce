"""The prep worker: from a corpus to rows and supervised sets, one job per volume or shard."""
