"""`keys`: make an API key, or check a file of them."""

import argparse
import sys
from pathlib import Path

from service.access.keys import Key, hash_of, new_secret
from service.access.lines import KeysError, check_name, check_scopes, line_of, read_keys
from service.access.rates import KINDS, read_rate
from service.access.scopes import DEFAULT, SCOPES
from service.batch.status import DONE, FAILED
from service.commands.arguments import Commands, command_parser
from service.ops.settings import Settings


def add_keys(commands: Commands) -> None:
    """Its arguments."""
    parser = command_parser(commands, "keys", "make an API key, or check a file of them")
    actions = parser.add_subparsers(dest="action", required=True)
    new = actions.add_parser("new", help="print a key's line for the file, and show the key, once")
    new.add_argument("name", help="whose it is; several keys may have one name")
    new.add_argument(
        "--scope",
        action="append",
        choices=SCOPES,
        help=f"what it is for, once for each (default: {', '.join(DEFAULT)})",
    )
    new.add_argument("--requests", help="limit of its own: 60/minute, or unlimited")
    new.add_argument("--audio", help="limit of its own, in seconds of audio: 36000/day")
    new.set_defaults(run=_new)
    check = actions.add_parser("check", help="read a file of keys, and tell what is in it")
    check.add_argument("file", type=Path)
    check.set_defaults(run=_check)


def _new(options: argparse.Namespace, _: Settings) -> int:
    try:
        own = {kind: read_rate(getattr(options, kind)) for kind in KINDS if getattr(options, kind)}
        secret = new_secret()
        scopes = check_scopes(options.scope or DEFAULT)
        key = Key(check_name(options.name), hash_of(secret), scopes, own)
    except ValueError as error:
        sys.stderr.write(f"error: {error}\n")
        return FAILED
    sys.stdout.write(f"{line_of(key)}\n")
    sys.stderr.write(f"{secret}\n")  # alone, so that either can be sent to a file
    return DONE


def _check(options: argparse.Namespace, _: Settings) -> int:
    try:
        keys = read_keys(options.file.read_text(encoding="utf-8"))
    except KeysError as error:
        sys.stderr.write(f"error: {options.file}: {error}\n")
        return FAILED
    for key in keys:
        told = line_of(key).split()
        sys.stdout.write(" ".join((told[0], *told[2:])) + "\n")
    return DONE
