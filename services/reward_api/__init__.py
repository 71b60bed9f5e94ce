"""Rewards over HTTP: every item is scored, unscorable or our error; never a quiet zero."""
