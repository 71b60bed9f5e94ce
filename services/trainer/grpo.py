"""`python -m services.trainer.grpo`: GRPO against the rollout fleet and the reward service."""

from __future__ import annotations

from services.trainer.entry import guarded, prepare, read_job


def main() -> None:
    ready = prepare(read_job("grpo"), "redis_url", "reward_url")
    from services.trainer.improve import improve

    improve(ready)


if __name__ == "__main__":
    guarded(main)
