"""The tasks, one folder each: README.md, __init__.py, extract.py, prompt.md, reward.py, probes.py."""
