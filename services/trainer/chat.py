"""The one way in which text becomes token ids: the same for the warm start, GRPO and evaluation.

The trainer owns the chat template; the fleet sees token ids alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

END_OF_TEXT, START_OF_TURN, END_OF_TURN = "<|endoftext|>", "<|im_start|>", "<|im_end|>"
ANSWER_TAGS = ("<answer>", "</answer>")


class Chat(Protocol):
    """What is used of a Hugging Face tokenizer."""

    eos_token: str
    eos_token_id: int
    pad_token_id: int

    def decode(self, token_ids: Sequence[int], skip_special_tokens: bool = False) -> str: ...
    def apply_chat_template(self, conversation: list[dict[str, str]], **options: Any) -> Any: ...
    def __call__(self, text: str, **options: Any) -> Any: ...


def prompt_ids(tokenizer: Chat, prompt: str) -> list[int]:
    """The question as a user's turn, with the assistant's turn opened. Thinking, where a model has it, is off."""
    turns = [{"role": "user", "content": prompt}]
    text: str = tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True, enable_thinking=False)
    return list(tokenizer(text, add_special_tokens=False)["input_ids"])


def completion_ids(tokenizer: Chat, completion: str) -> list[int]:
    """The answer and the end of the assistant's turn."""
    return list(tokenizer(completion + tokenizer.eos_token, add_special_tokens=False)["input_ids"])
