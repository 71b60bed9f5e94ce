"""`python -m services.trainer.sft`: the supervised warm start."""

from __future__ import annotations

from services.trainer.entry import guarded, prepare, read_job


def main() -> None:
    ready = prepare(read_job("sft"))
    from services.trainer.warm_start import warm_start

    warm_start(ready)


if __name__ == "__main__":
    guarded(main)
