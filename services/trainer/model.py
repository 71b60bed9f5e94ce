"""The small default model, made from nothing: a Qwen3 of under two million parameters and its tokenizer.

It exists so that the whole loop is honest on two CPU cores: it really learns, and a warm start that is cut short
leaves GRPO something to gain.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, cast

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import GenerationConfig, PreTrainedTokenizerFast, Qwen3Config, Qwen3ForCausalLM, set_seed

from cap_rlvr.wire.manifest import Manifest, digest_files, write_manifest
from services.trainer.chat import ANSWER_TAGS, END_OF_TEXT, END_OF_TURN, START_OF_TURN

# A small vocabulary shows each token often, and copying (of names, above all) is what this model must learn.
VOCABULARY = 1024
CONTEXT = 6144  # the longest prompts, of retrieval, take some 4,700 tokens of this vocabulary
SHAPE: dict[str, Any] = {
    "hidden_size": 192,
    "num_hidden_layers": 4,
    "num_attention_heads": 3,
    "num_key_value_heads": 3,
    "head_dim": 64,  # Qwen3 normalises queries and keys, so that a small head could not attend sharply
    "intermediate_size": 384,
    "initializer_range": 0.05,  # about 1/sqrt(hidden); Qwen3's 0.02 costs this width its first hundred steps
    "tie_word_embeddings": True,
    # Qwen3's base of 1e6 serves contexts of 32k; at a few hundred tokens it leaves most rotations idle.
    "rope_parameters": {"rope_type": "default", "rope_theta": 10_000.0},
}
TEMPLATE = (
    "{%- for message in messages %}"
    "{{- '<|im_start|>' + message.role + '\n' + message.content + '<|im_end|>' + '\n' }}"
    "{%- endfor %}"
    "{%- if add_generation_prompt %}{{- '<|im_start|>assistant\n' }}{%- endif %}"
)


def make_tokenizer(texts: Iterable[str]) -> PreTrainedTokenizerFast:
    """A byte-level BPE trained on the texts.

    Digits stand alone, so that a page number is copied digit by digit. Every run of text gets a leading space, so
    that a word after a tag is the same token as within a sentence.
    """
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(  # type: ignore[assignment]  # the stub wants a base class
        [pre_tokenizers.ByteLevel(add_prefix_space=True), pre_tokenizers.Digits(individual_digits=True)]
    )
    tokenizer.decoder = decoders.ByteLevel()  # type: ignore[assignment]
    specials = [END_OF_TEXT, START_OF_TURN, END_OF_TURN]
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY - len(ANSWER_TAGS),
        special_tokens=specials,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.add_tokens([AddedToken(tag, special=False, normalized=False) for tag in ANSWER_TAGS])
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token=END_OF_TURN,
        pad_token=END_OF_TEXT,
        model_max_length=CONTEXT,
        clean_up_tokenization_spaces=False,
    )
    fast.chat_template = TEMPLATE
    return fast


def make_base(texts: Iterable[str], folder: Path, seed: int, parents: dict[str, str]) -> Manifest:
    """Train the tokenizer, initialise the weights from the seed, and write both with a manifest to ``folder``."""
    tokenizer = make_tokenizer(texts)
    end, pad = cast(int, tokenizer.eos_token_id), cast(int, tokenizer.pad_token_id)
    set_seed(seed)
    config = Qwen3Config(
        vocab_size=len(tokenizer),
        max_position_embeddings=CONTEXT,
        eos_token_id=end,
        pad_token_id=pad,
        bos_token_id=None,
        **SHAPE,
    )
    model = Qwen3ForCausalLM(config)
    model.generation_config = GenerationConfig(eos_token_id=end, pad_token_id=pad, do_sample=True)
    return save_model(model, tokenizer, folder, {"seed": seed}, parents)


def save_model(model: Any, tokenizer: Any, folder: Path, settings: dict[str, Any], parents: dict[str, str]) -> Manifest:
    """Save a model or adapter with its tokenizer; the manifest, written last, says that the folder is complete."""
    folder.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    names = [
        path.name for path in folder.iterdir() if path.is_file() and path.suffix in (".json", ".safetensors", ".jinja")
    ]
    names = [name for name in names if name != "MANIFEST.json"]
    kind = "adapter" if (folder / "adapter_config.json").exists() else "model"
    parameters = sum(tensor.numel() for tensor in model.parameters())
    manifest = Manifest(
        kind=kind,
        version="1",
        files=digest_files(folder, names),
        parents=parents,
        settings=settings,
        counts={"parameters": parameters},
    )
    write_manifest(folder, manifest)
    return manifest
