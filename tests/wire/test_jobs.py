"""Configs: few knobs, unknown names refused, and what GRPO can't do right refused when the file is read."""

from pathlib import Path

import pytest

from cap_rlvr.wire.errors import BadInput
from cap_rlvr.wire.jobs import GrpoConfig, SftConfig, TrainJob, read_config
from cap_rlvr.wire.workspace import Workspace

CONFIGS = Path(__file__).parents[2] / "configs"
GOOD = "[sft]\nsteps = 3\n[grpo]\nsteps = 4\n"


def written(folder: Path, text: str) -> Path:
    path = folder / "run.toml"
    path.write_text(text)
    return path


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.toml")), ids=lambda path: path.stem)
def test_the_configs_of_the_project_can_be_read(path: Path) -> None:
    config = read_config(path)
    assert (config.grpo.prompts * config.grpo.completions) % config.grpo.micro_rows == 0


def test_defaults_fill_what_is_left_out(tmp_path: Path) -> None:
    config = read_config(written(tmp_path, GOOD))
    assert config.grpo.completions == 8
    assert config.model.path == ""


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[sft]\nsteps = 3\n", "grpo"),
        (GOOD + "stepps = 2\n", r"grpo\.stepps"),
        (GOOD + "top_p = 0.9\n", r"grpo\.top_p.*whole distribution"),
        (GOOD + "top_k = 50\n", r"grpo\.top_k"),
        (GOOD + "min_p = 0.1\n", r"grpo\.min_p"),
        (GOOD + "temperature = 0\n", r"grpo\.temperature"),
        (GOOD + "[grpo.lora]\ntargets = ['lm_head']\n", r"grpo\.lora\.targets.*lm_head"),
        (GOOD + "[grpo.lora]\ntargets = ['embed_tokens', 'q_proj']\n", r"embed_tokens"),
        (GOOD + "[grpo.lora]\ntargets = []\n", r"nothing"),
        (GOOD + "[grpo.lora]\ndora = true\n", r"grpo\.lora\.dora"),
        (GOOD + "[grpo.lora]\nbias = 'all'\n", r"grpo\.lora\.bias"),
        (GOOD + "[grpo.lora]\nmodules_to_save = ['lm_head']\n", r"modules_to_save"),
        (GOOD + "[grpo.lora]\nrank = 12\n", r"grpo\.lora\.rank.*12"),
        ("sft = ", "TOML"),
    ],
)
def test_what_cannot_work_is_refused_in_one_sentence(tmp_path: Path, text: str, says: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(BadInput, match=says) as caught:
        read_config(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"absent\.toml"):
        read_config(tmp_path / "absent.toml")


def test_the_fleet_serves_the_warm_start_or_the_pretrained_model(tmp_path: Path) -> None:
    config = read_config(written(tmp_path, GOOD))
    workspace = Workspace(tmp_path)
    assert config.model.served(workspace) == tmp_path / "models" / "sft"
    pretrained = config.model.model_copy(update={"path": "/models/qwen"})
    assert pretrained.served(workspace) == Path("/models/qwen")


@pytest.mark.parametrize("run", ["", "../x", "a b", ".hidden"])
def test_a_run_id_is_a_folder_name(run: str) -> None:
    with pytest.raises(ValueError, match="run"):
        TrainJob(run=run, workspace="w", config="c")


def test_a_run_of_fewer_tasks_trains_each_of_them_as_long() -> None:
    sft = SftConfig(steps=550, weights={"bluebook": 350, "entail": 100, "holding": 100})
    assert sft.steps_for(("bluebook", "entail", "holding")) == 550
    assert sft.steps_for(("bluebook",)) == 350
    assert SftConfig(steps=40).steps_for(("bluebook",)) == 40


def test_an_answer_may_take_as_much_as_its_task_needs() -> None:
    grpo = GrpoConfig(steps=1, max_completion_tokens=64, task_completion_tokens={"summarise": 448})
    assert [grpo.completion_tokens(task) for task in ("bluebook", "summarise")] == [64, 448]
    assert grpo.longest_completion(("bluebook", "summarise")) == 448
