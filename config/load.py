"""Reads settings once, from `var/mostid.env` and the environment, and refuses unsafe combinations."""

import os
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from config.complaint import variable
from config.safety import complaints
from config.settings import Settings

CHECKOUT = Path(__file__).parents[1] / ".git"
"""What only a developer's copy has; a deployment must say its profile."""

OWN_NAMES = {"MOSTID_ENV_FILE", "MOSTID_TEST_RUN"}
"""Names that are ours and no settings: where the settings file is, and what a test run shares."""


NO = {"", "0", "false", "no"}
"""What Flask takes for a switch that is off."""

OUR_WORDS = {
    "extra_forbidden": "there is no such setting: check its name",
    "model_type": "it is a group: set what it holds, each by its own name",
    "tuple_type": 'write a list as JSON, as in ["10.1.2.0/24"]',
}
"""Where the library's words would not say what to do."""


class ConfigurationError(Exception):
    """Settings that must not be served with. The text has one line for each mistake and says what to change."""


def settings_file() -> Path:
    """The file that commands and server read: MOSTID_ENV_FILE, or `var/mostid.env`."""
    return Path(os.environ.get("MOSTID_ENV_FILE", "var/mostid.env"))


def unknown_names() -> list[str]:
    """Names in the environment that look like settings of ours and are none: misspelt, or put there by a platform."""
    names = sorted(name for name in os.environ if name.startswith("MOSTID_") and name not in OWN_NAMES)
    return [
        name for name in names if not _is_setting(name.removeprefix("MOSTID_").lower().split("__"), Settings)
    ]


def in_command() -> bool:
    """Whether we are run by `flask …` rather than by a server."""
    return os.environ.get("FLASK_RUN_FROM_CLI") == "true"


def _is_setting(path: list[str], model: type[BaseModel]) -> bool:
    field = model.model_fields.get(path[0])
    if field is None or len(path) == 1:
        return field is not None
    group = field.annotation
    return isinstance(group, type) and issubclass(group, BaseModel) and _is_setting(path[1:], group)


def load(env_file: Path | None = None, **overrides: Any) -> Settings:
    """Settings from the file, the environment and keyword overrides, later ones winning.

    Raises ConfigurationError with one sentence per mistake.
    """
    source = env_file or settings_file()
    if "MOSTID_ENV_FILE" in os.environ and not source.exists():
        raise ConfigurationError(
            f"MOSTID_ENV_FILE: there is no file {source}: write its full path, or unset it"
        )
    try:
        settings = Settings(_env_file=source if source.exists() else None, **overrides)
    except ValidationError as error:
        raise ConfigurationError(_sentences(error.errors())) from None
    wrong = [str(complaint) for complaint in complaints(settings)]
    if "profile" not in settings.model_fields_set and not CHECKOUT.exists():
        wrong.insert(
            0, "MOSTID_PROFILE: say production, testing or development; only a checkout may leave it out"
        )
    if settings.profile == "production" and os.environ.get("FLASK_DEBUG", "0").lower() not in NO:
        wrong.append("FLASK_DEBUG: unset it: debug pages run code and show secrets")
    if wrong:
        raise ConfigurationError("\n".join(wrong))
    return settings


def _sentences(errors: list[Any]) -> str:
    """One line per mistake, naming the environment variable to change. Values are left out: they may be secrets."""
    lines = []
    for error in errors:
        path = ".".join(part for part in error["loc"] if isinstance(part, str)).removeprefix("mostid_")
        lines.append(f"{variable(path)}: {OUR_WORDS.get(error['type'], error['msg'])}")
    return "\n".join(lines)
