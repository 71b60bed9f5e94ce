"""The real sample through prep: no cluster, no (query, gold) pair and no pair of cases is in two splits of any task."""

import json
from collections import defaultdict
from pathlib import Path

import duckdb
import pytest

from cap_rlvr import registry
from cap_rlvr.corpus import list_units
from cap_rlvr.wire.manifest import read_manifest
from cap_rlvr.wire.rows import SPLITS, read_rows
from cap_rlvr.wire.workspace import Workspace
from services.prep_worker.build import assemble_task
from services.prep_worker.clusters import gather
from services.prep_worker.find import find_unit

DATA = Path(__file__).parents[4] / "shared" / "data"
SOURCES = ("text_only_sample.jsonl.gz", "static.case.law/va-app")
TASKS = ("bluebook", "entail")


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.skipif(not DATA.is_dir(), reason="the real sample volumes are not beside the project")
def test_nothing_of_the_real_sample_crosses_a_split(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    tasks = [registry.get(name) for name in TASKS]
    units = [unit for source in SOURCES for unit in list_units(DATA / source)]
    corpus = gather([find_unit(unit, tasks, workspace).unit for unit in units], workspace)
    query = "SELECT case_id, cluster, held_out FROM read_parquet(?) WHERE chosen"
    cases = duckdb.execute(query, [str(workspace.cases / "clusters.parquet")]).fetchall()
    cluster_of = {case_id: cluster for case_id, cluster, _ in cases}
    clusters: dict[str, set[str]] = defaultdict(set)
    pairs: dict[tuple[str, str], set[str]] = defaultdict(set)
    linked: dict[frozenset[str], set[str]] = defaultdict(set)
    for task in tasks:
        manifest = assemble_task(task, workspace, "7")
        assert read_manifest(workspace.tasks / task.name).parents["corpus"] == corpus.digest
        for split in SPLITS:
            for row in read_rows(workspace.tasks / task.name / f"{split}.jsonl"):
                clusters[cluster_of[row.case_id]].add(split)
                pairs[" ".join(row.inputs.lower().split()), task.gold(task.read_truth(row.truth))].add(split)
                for span in row.spans:
                    if span.role == "gold" and span.case_id != row.case_id:
                        linked[frozenset((cluster_of[row.case_id], cluster_of[span.case_id]))].add(split)
        if task.name == "entail":
            assert "evaluation_only" not in json.dumps(manifest.counts["refused"]), (
                "a rare row was lost to another task's split"
            )
            assert manifest.counts["rows"]["eval"]
            assert manifest.counts["rows"]["test"]
    for found in (clusters, pairs, linked):
        assert [key for key, splits in found.items() if len(splits) > 1] == []
    held_out = {cluster for _, cluster, held in cases if held}
    assert held_out
    assert all("train" not in clusters[cluster] for cluster in held_out)
