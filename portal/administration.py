"""The pages of the administration, put together: rulebook and drafts, partners, people, payouts, audit."""

from fastapi import FastAPI

from portal import auditing, payouts, peopling, registry, rule_drafts, rules
from runtime.app import App


def install(made: FastAPI, app: App) -> None:
    """Add the routes of all of them."""
    for part in (rules, rule_drafts, registry, peopling, payouts, auditing):
        part.install(made, app)
