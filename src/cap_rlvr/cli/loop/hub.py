"""A model by its hub name: fetched once into the workspace, then used as a local folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from cap_rlvr.wire.errors import BadInput, Unavailable

_FILES = ["*.json", "*.safetensors", "*.txt", "*.jinja"]


def local_model(name: str, models: Path, say: Callable[[str], None]) -> str:
    """The folder of a model; a hub name is downloaded (resumable, with progress bars) to `models/hub/<name>`.

    Raises BadInput for a name that the hub does not know and Unavailable where the hub can't be reached.
    """
    if not name or (Path(name) / "config.json").exists():
        return name
    import huggingface_hub
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    folder = models / "hub" / name.replace("/", "--")
    say(f"Model {name} from the hub, into {folder}")
    try:
        cast(Any, huggingface_hub).snapshot_download(name, local_dir=folder, allow_patterns=_FILES)
    except LocalEntryNotFoundError:
        hint = "Check the network, or give a local folder"
        raise Unavailable("the model hub can't be reached and no copy is here", f"MODEL={name}", hint) from None
    except (HfHubHTTPError, HFValidationError) as error:
        raise BadInput(f"the model hub has no such model ({type(error).__name__})", f"MODEL={name}") from None
    return str(folder)
