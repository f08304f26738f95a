"""The Chalice app under test and its .chalice/config.json, as the deployer would read them."""

from __future__ import annotations

import importlib
import json
import os

from chalice.app import Chalice
from chalice.config import Config

from localdev.environment import ROOT, STAGE

DEFAULT_TIMEOUT = 60
"""Seconds; what Chalice gives a function whose configuration names none."""
DEFAULT_MEMORY = 128


def load(reference: str) -> Chalice:
    """The app named as `module:attribute`."""
    module, _, attribute = reference.partition(":")
    found = getattr(importlib.import_module(module), attribute or "app")
    if not isinstance(found, Chalice):
        raise TypeError(f"{reference} is no Chalice app")
    return found


def config(function: str) -> Config:
    """The settings of one Lambda function in this stage."""
    path = ROOT / ".chalice" / "config.json"
    stored = json.loads(path.read_text()) if path.exists() else {}
    return Config(
        chalice_stage=os.environ.get("STAGE", STAGE),
        function_name=function,
        config_from_disk=stored,
        default_params={
            "lambda_timeout": DEFAULT_TIMEOUT,
            "lambda_memory_size": DEFAULT_MEMORY,
        },
    )
