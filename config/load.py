"""Reads settings once, from `var/mostid.env` and the environment, and refuses unsafe combinations."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from config.settings import Settings


class ConfigurationError(Exception):
    """Settings that must not be served with. The text says what to change."""


def load(env_file: Path | None = None, **overrides: Any) -> Settings:
    """Settings from the file, the environment and keyword overrides, later ones winning.

    Raises ConfigurationError with one sentence per mistake.
    """
    file = env_file or Path(os.environ.get("MOSTID_ENV_FILE", "var/mostid.env"))
    try:
        return Settings(_env_file=file if file.exists() else None, **overrides)  # type: ignore[call-arg]
    except ValidationError as error:
        raise ConfigurationError(_sentences(error.errors())) from error


def _sentences(errors: list[Any]) -> str:
    """One line per mistake, naming the environment variable to change."""
    lines = []
    for error in errors:
        item: Mapping[str, Any] = error
        name = "MOSTID_" + "__".join(str(part).upper() for part in item["loc"])
        lines.append(f"{name}: {item['msg']}")
    return "\n".join(lines)
