"""Where the trainer finds its services: read once, from variables with the prefix TRAINER_."""

from __future__ import annotations

from pydantic import ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from cap_rlvr.wire.errors import BadInput


class Settings(BaseSettings):
    """Addresses have no default: a wrong guess would train against someone else's services.

    ``policy_store`` empty is `<workspace>/policies`. ``report_to`` names Transformers' loggers, comma-separated
    (`tensorboard`, `wandb`; `none` for no one). ``processes`` above 1 needs as many GPUs.
    """

    model_config = SettingsConfigDict(env_prefix="TRAINER_", extra="ignore", frozen=True)

    redis_url: str = ""
    reward_url: str = ""
    policy_store: str = ""
    report_to: str = "tensorboard"
    processes: int = 1

    def need(self, *names: str) -> None:
        """Raise BadInput that names the first of these settings that is empty."""
        for name in names:
            if not getattr(self, name):
                raise BadInput("not set", f"TRAINER_{name.upper()}", "Give the service's address")


def read_settings() -> Settings:
    """Read the settings. Raises BadInput that names the variable."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise BadInput(first["msg"], f"TRAINER_{str(first['loc'][0]).upper()}", "Correct the variable") from None
