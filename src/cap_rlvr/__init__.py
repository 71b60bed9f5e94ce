"""cap-rlvr: legal language models trained by GRPO on verifiable rewards from US case law."""

__version__ = "0.1.0"
