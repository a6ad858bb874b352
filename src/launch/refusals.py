"""Hydra's errors, said in one line with the nearest right word."""

import re
import sys
from dataclasses import fields
from typing import NoReturn

from codist.errors import nearest


def leave(line: str) -> NoReturn:
    print(f"run.py: {line}", file=sys.stderr)
    sys.exit(2)


def in_one_line(error: Exception) -> str:
    text = str(error)
    cause = error.__cause__
    if getattr(error, "options", None) and (missing := re.search(r"Could not find '(.*?)/([^/']*)'", text)):
        group, word = missing.groups()
        return f"{group}={word} is not in sweeps/{group}; {nearest(word, error.options)}"
    if wrong := re.search(r"Could not override '([^']*)'", text):
        return unknown(wrong[1])
    if key := getattr(cause, "full_key", None):
        return f"{key}: {str(cause).splitlines()[0]}"
    if "Ambiguous value" in text:
        return f"{text.splitlines()[0].split(chr(39))[1]} names several runs; put -m before it to run them all"
    return text.splitlines()[0]


def unknown(key: str) -> str:
    from launch.compose import Composed

    known = [f.name for f in fields(Composed)]
    return f"{key} is no option; {nearest(key, known)}"
