"""What is refused before anything heavy is imported."""

import subprocess
import sys
from pathlib import Path

import pytest
from trainer_fakes import ready, write_rows

from cap_rlvr.wire.errors import BadInput
from services.trainer import entry
from services.trainer.entry import check_disk, check_model, job_of, read_job
from services.trainer.settings import Settings


def test_flags_become_a_job() -> None:
    job = read_job(
        "grpo", ["--run", "r", "--workspace", "w", "--config", "c.toml", "--task", "bluebook,holding", "--resume", "no"]
    )
    assert job.tasks == ("bluebook", "holding")
    assert not job.resume
    assert job_of(entry.flags("sft").parse_args(["--run", "r", "--workspace", "w", "--config", "c"])).tasks == ()


def test_a_missing_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no such model folder"):
        check_model(str(tmp_path / "absent"))
    with pytest.raises(BadInput, match=r"config\.json"):
        check_model(str(tmp_path))
    for name in ("config.json", "tokenizer_config.json"):
        (tmp_path / name).write_text("{}")
    with pytest.raises(BadInput, match="safetensors"):
        check_model(str(tmp_path))


def test_a_full_disk_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entry, "_DISK_FLOOR", 10**18)
    with pytest.raises(BadInput, match=r"GiB are free"):
        check_disk(tmp_path / "not" / "yet" / "made", "")


def test_an_address_that_is_not_set_is_named_by_its_variable() -> None:
    with pytest.raises(BadInput, match="TRAINER_REWARD_URL"):
        Settings(redis_url="redis://x").need("redis_url", "reward_url")


def test_rows_must_be_prepared(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="Run cap-rlvr prep"):
        ready(tmp_path, "r")
    write_rows(tmp_path)
    assert ready(tmp_path, "r").tasks == ("bluebook",)


@pytest.mark.parametrize("program", ["sft", "grpo", "evaluate", "memory_plan"])
def test_a_bad_setting_ends_in_one_sentence_without_heavy_imports(program: str, tmp_path: Path) -> None:
    code = (
        f"import sys; sys.argv = ['x', '--run', 'r', '--workspace', {str(tmp_path)!r}, '--config', 'absent.toml',"
        f" *{['--stage', 'after_sft'] if program == 'evaluate' else []}]\n"
        f"import services.trainer.{program} as program\n"
        "assert not {'torch', 'transformers', 'trl', 'redis'} & set(sys.modules)\n"
        "from services.trainer.entry import guarded\n"
        "guarded(program.main)"
    )
    if program == "memory_plan":
        code = code.replace("'--run', 'r', '--workspace'", "'--gpu-gib', '80', '--model'")
    env = {"TRAINER_REDIS_URL": "redis://127.0.0.1:1", "TRAINER_REWARD_URL": "http://127.0.0.1:1"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=env, check=False)
    assert done.returncode == 2, done.stderr
    assert "absent.toml" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
