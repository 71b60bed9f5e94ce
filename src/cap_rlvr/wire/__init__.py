"""All that crosses a process: frozen models, digests, errors. Speaks of nothing above it."""
