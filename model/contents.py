"""What reading brought to light of a file, before anybody asks what it means."""

from dataclasses import dataclass

from model.page import Page


@dataclass(frozen=True, slots=True)
class Contents:
    """What one rung of the ladder saw: the e-invoice XML inside or None, and the pages with their words."""

    xml: bytes | None
    pages: tuple[Page, ...]
    page_count: int


class Unreadable(Exception):
    """A document that cannot be processed, with the stable code of the contract and a sentence for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message)  # both, so that it comes whole from one process to another
        self.code = code
        self.message = message

    def __str__(self) -> str:
        return self.message
