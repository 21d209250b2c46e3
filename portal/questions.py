"""What a person is asked about a document: the values its decision rests on that are contradicted, missing or doubtful.

A question is answered once a person said so of every value of it, whether or not that changes what is found.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from model.finding import Finding
from model.invoice import Invoice
from model.judgement import Judgement
from model.reading import PERSON, Reading
from portal import correcting
from validators.sentences import Language, sentence

Kind = Literal["contradicted", "missing", "unproven", "ambiguous"]
_ORDER: tuple[Kind, ...] = ("contradicted", "missing", "unproven", "ambiguous")


@dataclass(frozen=True, slots=True)
class Question:
    """One question: its sentence, the fields it is about, and the answer that stands for all of them, if there is one.

    `answer` is a path of `correcting.ANSWERS`, and `line` the index of the line whose model is asked for.
    """

    kind: Kind
    code: str
    sentence: str
    fields: tuple[str, ...]
    answer: str | None = None
    line: int | None = None
    is_answered: bool = False


def questions(read: Reading | None, judged: Judgement | None, language: Language) -> tuple[Question, ...]:
    """Return what a person has to answer before the document is approved, in the order it is asked."""
    if read is None or read.invoice is None or judged is None:
        return ()
    found: list[Question] = []
    for reason in judged.reasons:
        asked = _question(reason.finding, read, read.invoice, language)
        known = {path for one in found for path in one.fields}
        if asked is not None and (asked.answer or not known.issuperset(asked.fields)):
            found.append(asked)
    return tuple(sorted(found, key=lambda one: _ORDER.index(one.kind)))


def fields_once(asked: tuple[Question, ...]) -> Iterator[tuple[Question, tuple[str, ...]]]:
    """Yield each question with those of its fields that no earlier one asks for; which model it is, is no field."""
    known: set[str] = set()
    for one in asked:
        own = tuple(path for path in one.fields if path not in known and one.line is None)
        known.update(own)
        yield one, own


def left_open(read: Reading | None, judged: Judgement | None) -> bool:
    """Whether a person still has to answer something before the document is approved."""
    return any(not one.is_answered for one in questions(read, judged, "en"))


def asks(finding: Finding, invoice: Invoice | None) -> bool:
    """Whether a finding is a question to answer; any other one is told, and the decision itself answers it."""
    if invoice is None:
        return False
    if finding.code in {"seller_unverified", "model_ambiguous"}:
        return True
    return finding.code in {"low_confidence", "totals_mismatch"} and bool(_fields(finding, invoice))


def _question(finding: Finding, read: Reading, invoice: Invoice, language: Language) -> Question | None:
    if not asks(finding, invoice):
        return None
    fields, answer, line = _fields(finding, invoice), None, None
    if finding.code == "model_ambiguous":
        line = int(finding.about[0].split(".")[1])
        answer = f"lines.{line}.model"
    elif finding.code == "seller_unverified":
        answer = "seller"
    elif finding.variant == "buyer":
        answer = "buyer"
    answered = _is_answered(read, invoice, fields) if answer is None else read.said(answer) is not None
    kind = _kind(finding, invoice, fields)
    return Question(kind, finding.code, sentence(finding, language), fields, answer, line, answered)


def _kind(finding: Finding, invoice: Invoice, fields: tuple[str, ...]) -> Kind:
    if finding.code == "model_ambiguous":
        return "ambiguous"
    if finding.code == "totals_mismatch" or finding.variant == "contradicted":
        return "contradicted"
    return "unproven" if any(correcting.value(invoice, path) for path in fields) else "missing"


def _fields(finding: Finding, invoice: Invoice) -> tuple[str, ...]:
    return tuple(path for path in finding.about if path in correcting.fields(invoice))


def _is_answered(read: Reading, invoice: Invoice, fields: tuple[str, ...]) -> bool:
    told = [path for path in fields if correcting.value(invoice, path)]
    return bool(told) and all(path in read.evidence and PERSON in read.evidence[path].proof for path in told)
