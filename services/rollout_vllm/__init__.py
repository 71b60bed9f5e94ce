"""A replica of the rollout fleet: one vLLM server on loopback and the worker that feeds it."""
