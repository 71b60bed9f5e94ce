"""Legal language as pure functions: text, citations, courts, opinions, dispositions."""
