"""Writes a settings file with fresh keys, for its owner's eyes only: `python -m scripts.new_env FILE`."""

import argparse
import sys
from pathlib import Path

from config.secrets import new_env, production_env, write_env


def main(arguments: list[str]) -> int:
    """Write the file; 1 when it is there already, since keys that something was sealed with must not be lost."""
    parser = argparse.ArgumentParser(prog="python -m scripts.new_env", description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument(
        "--development", action="store_true", help="for a checkout, with the simulators' addresses"
    )
    parser.add_argument("--issuer", help="public address, https://id.shop.ru")
    parser.add_argument("--admin-issuer", help="the operators' address, https://id-admin.shop.ru")
    given = parser.parse_args(arguments)
    if not given.development and not (given.issuer and given.admin_issuer):
        parser.error("say --issuer and --admin-issuer, or --development")
    text = new_env() if given.development else production_env(given.issuer, given.admin_issuer)
    try:
        write_env(given.file, text)
    except FileExistsError:
        print(f"{given.file} exists and was left alone", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
