"""The workspace: one folder that holds everything made, with the same layout for every service."""

from __future__ import annotations

from pathlib import Path


class Workspace:
    """Paths of the workspace; nothing is created until someone writes."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @property
    def raw(self) -> Path:
        """Downloaded or synthetic sources, in their own formats."""
        return self.root / "raw"

    @property
    def cases(self) -> Path:
        """What each case offered to each task, one folder per corpus."""
        return self.root / "cases"

    @property
    def tasks(self) -> Path:
        """`<task>/{train,eval,test}.jsonl` with manifests."""
        return self.root / "tasks"

    @property
    def vectors(self) -> Path:
        """The store of vectors of cases with its FAISS index."""
        return self.root / "vectors"

    @property
    def sft(self) -> Path:
        """Supervised sets in the plan's formats."""
        return self.root / "sft"

    @property
    def models(self) -> Path:
        """`base`, `sft` and `grpo` model folders."""
        return self.root / "models"

    @property
    def policies(self) -> Path:
        """The policy store of a local run."""
        return self.root / "policies"

    @property
    def sources(self) -> Path:
        """A JSON list of the paths that prep read last: a hint for people's tools, part of no artefact."""
        return self.cases / "sources.json"

    @property
    def rejects(self) -> Path:
        """Rows that a person found wrong, with the reason, one a line."""
        return self.root / "rejects.jsonl"

    @property
    def labels(self) -> Path:
        """Developer labels, `<task>-<seed>.jsonl`."""
        return self.root / "labels"

    @property
    def redis(self) -> Path:
        """The embedded Valkey's append-only file and log."""
        return self.root / "redis"

    def run(self, run_id: str) -> Path:
        """The folder of one run: logs, metrics, rollouts, report."""
        return self.root / "runs" / run_id
