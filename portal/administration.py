"""The pages of the administration, put together: rulebook and its drafts."""

from fastapi import FastAPI

from portal import rule_drafts, rules
from runtime.app import App


def install(made: FastAPI, app: App) -> None:
    """Add the routes of all of them."""
    for part in (rules, rule_drafts):
        part.install(made, app)
