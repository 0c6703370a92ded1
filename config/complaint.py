"""What is wrong with a setting, said in one sentence that names what to change."""

from typing import NamedTuple


class Complaint(NamedTuple):
    """One mistake."""

    setting: str
    """Path of the setting: `sms.password`."""
    sentence: str
    """What is wrong and what to change. Never holds the value of a secret."""

    def __str__(self) -> str:
        return f"{variable(self.setting)}: {self.sentence}"


def variable(setting: str) -> str:
    """Environment name of a setting: `sms.password` is MOSTID_SMS__PASSWORD."""
    return "MOSTID_" + setting.replace(".", "__").upper()
