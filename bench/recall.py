"""Digit recall: the share of the true words with digits that a tool has read.

Blanks count for nothing: both sides are compared without them, so that words that were glued or split count as read.
Each stretch of what was read serves one true word, the longest first: a short one is not found inside a longer one.
"""

from collections.abc import Iterable


def digit_words(text: str) -> list[str]:
    """Return the words with digits, without the punctuation around them."""
    return [word.strip(".,;:()") for word in text.split() if any(letter.isdigit() for letter in word)]


def found(true: str, read: str) -> tuple[int, int]:
    """Return how many of the true words with digits were read, and how many there are."""
    rest = "".join(read.split())
    words = sorted(digit_words(true), key=len, reverse=True)
    count = 0
    for word in words:
        before, at, after = rest.partition(word)
        if at:
            count += 1
            rest = f"{before}\n{after}"
    return count, len(words)


def recall(pairs: Iterable[tuple[str, str]]) -> float | None:
    """Return the recall over many texts, each true and as read; None if none of them has digits."""
    counts = [found(true, read) for true, read in pairs]
    there = sum(whole for _, whole in counts)
    return sum(part for part, _ in counts) / there if there else None
