"""Reward quality: every task's own probes and what is common to all, run over rows, told as one number.

`suite.measure` runs it; `lines.py` holds the bars and the arithmetic of RQ; a family of attacks belongs to its task
(`tasks/<name>/probes.py`), and only what fits every task is here.
"""
