"""The policy: which reason code rejects a document and which holds it for review."""

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import get_args

from model.judgement import Effect


@dataclass(frozen=True, slots=True)
class Policy:
    """Effects by reason code, and the version: the first 12 hex digits of the SHA-256 of the file's bytes."""

    effects: Mapping[str, Effect]
    version: str


@cache
def policy() -> Policy:
    """Return the policy that stands in policy.toml beside this module."""
    return parse(files("validators").joinpath("policy.toml").read_bytes())


def parse(data: bytes) -> Policy:
    """Parse a policy file; raises ValueError if it is no TOML or holds an effect that is none."""
    effects: dict[str, Effect] = tomllib.loads(data.decode())
    for code, effect in effects.items():
        if effect not in get_args(Effect):
            raise ValueError(f"policy: {code} leads to {effect!r}, which is no effect")
    return Policy(MappingProxyType(effects), hashlib.sha256(data).hexdigest()[:12])
