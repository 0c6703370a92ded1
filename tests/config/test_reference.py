"""docs/settings.md is made from the settings, and says what they say now."""

from pathlib import Path

from pydantic import BaseModel

from config.complaint import variable
from config.settings import Settings
from scripts import settings_reference

PAGE = Path(__file__).parents[2] / "docs" / "settings.md"


def names(model: type[BaseModel], prefix: str = "") -> list[str]:
    found = []
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            found += names(field.annotation, f"{prefix}{name}.")
        else:
            found.append(variable(prefix + name))
    return found


def test_the_page_is_current() -> None:
    assert PAGE.read_text() == settings_reference.text(), "run `make docs`"


def test_every_setting_is_explained_once() -> None:
    rows = [
        line.split(" | ") for line in settings_reference.text().splitlines() if line.startswith("| `MOSTID")
    ]
    assert sorted(row[0].strip("| `") for row in rows) == sorted(names(Settings))
    assert all(len(row) == 4 and len(row[3].strip(" |")) > 8 for row in rows), rows


def test_no_secret_of_a_simulator_is_printed() -> None:
    page = settings_reference.text()
    assert "simulator-secret" not in page
    assert "| the simulator's |" in page
