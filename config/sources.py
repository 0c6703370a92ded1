"""The file and the environment, read so that each mistake in them is found."""

from typing import Any

from pydantic.fields import FieldInfo
from pydantic_settings import DotEnvSettingsSource, EnvSettingsSource


class _Readable(EnvSettingsSource):
    """What is no JSON stays a text, so that it is refused beside all other mistakes and does not hide them."""

    def decode_complex_value(self, field_name: str, field: FieldInfo, value: Any) -> Any:
        """The value of a list."""
        try:
            return super().decode_complex_value(field_name, field, value)
        except ValueError:
            return value


class Environment(_Readable):
    """The environment."""


class File(_Readable, DotEnvSettingsSource):
    """The settings file."""
