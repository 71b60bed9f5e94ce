"""CAP in its real formats, and a synthetic corpus in the same format, read as `Case`."""
