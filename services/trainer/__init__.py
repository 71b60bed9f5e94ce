"""The trainer: supervised warm start, GRPO against the fleet and the reward service, evaluation."""
