"""Peak memory and speed of preparation: does memory stay flat while the corpus grows?

    python benchmarks/prep_memory.py [--sizes 500 2000 8000] [--source FOLDER_OR_SHARD …]

Every stage runs in a process of its own, as a worker's jobs do, and tells its own peak of resident memory. Times are of
the processor (one core), so that they hold on a busy machine. Writes `benchmarks/results/prep_memory.json`.
"""

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results" / "prep_memory.json"
TASKS = ["bluebook", "holding"]
PROFILES = {"keys only": [], "bluebook": ["bluebook"], "holding": ["holding"], "both": TASKS}


def stage(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """Run one stage in a process of its own; returns what it tells."""
    command = [sys.executable, __file__, "--stage", name]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    given = json.dumps(arguments).encode()
    done = subprocess.run(command, env=environment, input=given, check=True, stdout=subprocess.PIPE)
    return json.loads(done.stdout)


def run_stage(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    from services.prep_worker import __main__ as worker
    from services.prep_worker import jobs

    worker.warm_up()
    began = time.process_time()
    result = globals()[f"_{name}"](jobs, **arguments)
    unit = 1 if platform.system() == "Darwin" else 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6
    return {"result": result, "cpu_seconds": round(time.process_time() - began, 2), "peak_rss_mb": round(peak)}


def _invent(_: Any, folder: str, cases: int) -> str:
    from cap_rlvr.corpus.synthetic import write_corpus

    return str(write_corpus(Path(folder), cases, 11))


def _find(jobs: Any, source: str, tasks: list[str], workspace: str) -> dict[str, Any]:
    from cap_rlvr.corpus import list_units

    found = [jobs.find_unit(unit.model_dump(mode="json"), tasks, workspace) for unit in list_units(Path(source))]
    sums = {name: sum(unit[name] for unit in found) for name in ("cases", "characters", "bad_records")}
    return {"units": [unit["unit"] for unit in found], **sums}


def _gather(jobs: Any, units: list[str], workspace: str) -> dict[str, Any]:
    return jobs.gather_corpus(units, workspace)


def _assemble(jobs: Any, task: str, workspace: str) -> dict[str, Any]:
    return jobs.assemble_task(task, workspace, "7")


def _sets(jobs: Any, workspace: str) -> dict[str, Any]:
    return jobs.write_sft(TASKS, workspace, "unified")


def figures(told: dict[str, Any], of: int) -> dict[str, Any]:
    """What a stage told, with the speed at which it went through ``of`` cases."""
    seconds = max(told["cpu_seconds"], 0.01)
    kept = {name: told[name] for name in ("cpu_seconds", "peak_rss_mb")}
    characters = told["result"].get("characters")
    speed = {"mb_per_second": round(characters / 1e6 / seconds, 2)} if characters else {}
    return {**kept, "cases_per_second": round(of / seconds, 1), **speed}


def growing(cases: int, folder: Path) -> dict[str, Any]:
    """All stages over a synthetic corpus of a size."""
    workspace = str(folder / "workspace")
    source = stage("invent", {"folder": str(folder / "source"), "cases": cases})["result"]
    found = stage("find", {"source": source, "tasks": TASKS, "workspace": workspace})
    gathered = stage("gather", {"units": found["result"]["units"], "workspace": workspace})
    made = {task: stage("assemble", {"task": task, "workspace": workspace}) for task in TASKS}
    sets = stage("sets", {"workspace": workspace})
    return {
        "cases": found["result"]["cases"],
        "text_mb": round(found["result"]["characters"] / 1e6, 1),
        "find_unit": figures(found, cases),
        "gather_corpus": figures(gathered, cases),
        **{f"assemble_task {task}": figures(told, cases) for task, told in made.items()},
        "write_sft": figures(sets, cases),
        "rows": {task: told["result"]["rows"] for task, told in made.items()},
    }


def profiles(source: Path, folder: Path) -> dict[str, Any]:
    """The speed of searching one real source, by what is searched for."""
    return {
        name: figures(told, told["result"]["cases"])
        for name, tasks in PROFILES.items()
        for told in [stage("find", {"source": str(source), "tasks": tasks, "workspace": str(folder / name)})]
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--sizes", type=int, nargs="+", default=[500, 2000, 8000])
    parser.add_argument("--source", type=Path, nargs="*", default=[])
    parser.add_argument("--stage", help="for its own use")
    asked = parser.parse_args()
    if asked.stage:
        print(json.dumps(run_stage(asked.stage, json.load(sys.stdin))))
        return
    results: dict[str, Any] = {"machine": f"{platform.machine()}, one core", "by_size": [], "by_source": {}}
    with tempfile.TemporaryDirectory() as temporary:
        for cases in asked.sizes:
            results["by_size"].append(growing(cases, Path(temporary) / str(cases)))
            write(results)
        for source in asked.source:
            results["by_source"][source.name] = profiles(source, Path(temporary) / source.name)
            write(results)


def write(results: dict[str, Any]) -> None:
    """What is known so far, to the screen and to the file."""
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(results, indent=2) + "\n")
    print(json.dumps(results, indent=1), flush=True)


if __name__ == "__main__":
    main()
