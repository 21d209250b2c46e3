"""What stands side by side: a document with an earlier one like it, and what a file says with what it shows."""

from collections.abc import Iterator
from dataclasses import dataclass

from fastapi import FastAPI, Request, Response

from model.case import Case
from model.invoice import Invoice
from model.judgement import Judgement
from model.reading import Reading
from portal import correcting
from portal.access import OPERATOR, access
from portal.pages import Texts, language_of, page, texts
from portal.pictures import Pictures
from portal.problems import Problem
from portal.reviewing import visible
from portal.sheets import Cut, Sheet, cuts, sheets
from portal.showing import label, where
from runtime.app import App
from store import documents, results
from store.documents import Document
from store.engine import reading


@dataclass(frozen=True, slots=True)
class Pair:
    """A value of two documents."""

    path: str
    name: str
    here: str
    there: str

    @property
    def same(self) -> bool:
        """Whether both say the same."""
        return self.here == self.there


@dataclass(frozen=True, slots=True)
class Other:
    """A document that resembles another one, with the values of both."""

    document: Document
    sheets: tuple[Sheet, ...]
    pairs: tuple[Pair, ...]


@dataclass(frozen=True, slots=True)
class Layer:
    """A place where a file says one thing and shows another; None where a layer says nothing."""

    name: str
    file: str | None
    picture: str | None
    xml: str | None
    cuts: tuple[Cut, ...]


def install(made: FastAPI, app: App, pictures: Pictures) -> None:
    """Add the route."""

    @made.get("/review/{document_id}/compare/{other_id}", openapi_extra=access(OPERATOR), include_in_schema=False)
    def compare(request: Request, document_id: str, other_id: str) -> Response:
        """Show two documents side by side: equal values grey, different ones marked."""
        one = visible(app, document_id, None)
        with reading(app.engine) as conn:
            read = results.reading(conn, one.id)
        other = earlier(app, pictures, read, other_id, texts(language_of(request)))
        if other is None:
            raise Problem("not_found")
        own = tuple(sheets(pictures, one, read, ()))
        return page(request, "compare.html", document=one, sheets=own, twin=other)


def look_alike(case: Case | None) -> str | None:
    """Return the first upload accepted earlier that a document resembles."""
    return next((alike.document_id for alike in case.look_alikes), None) if case else None


def earlier(app: App, pictures: Pictures, read: Reading | None, other_id: str, t: Texts) -> Other | None:
    """Return another document with the values of both, None where it is not there."""
    with reading(app.engine) as conn:
        other = documents.find(conn, other_id) if other_id.isalnum() else None
        theirs = results.reading(conn, other.id) if other else None
    if other is None:
        return None
    pairs = _pairs(read.invoice if read else None, theirs.invoice if theirs else None, t)
    return Other(other, tuple(sheets(pictures, other, theirs, ())), tuple(pairs))


def _pairs(here: Invoice | None, there: Invoice | None, t: Texts) -> Iterator[Pair]:
    """Yield the values that any of two invoices has, in the order they are shown."""
    both = [one for one in (here, there) if one is not None]
    if not both:
        return
    longest = max(both, key=lambda one: len(one.lines))
    for path in correcting.fields(longest):
        mine, theirs = _value(here, path), _value(there, path)
        if mine or theirs:
            yield Pair(path, where(longest, path, label(t, path), t), mine, theirs)


def _value(invoice: Invoice | None, path: str) -> str:
    if invoice is None or path not in correcting.fields(invoice):
        return ""
    return correcting.value(invoice, path)


def layers(read: Reading | None, judged: Judgement | None, shown: list[Sheet], t: Texts) -> Iterator[Layer]:
    """Yield the places where the file, the picture of its pages and its XML differ."""
    for reason in judged.reasons if judged and read else ():
        finding = reason.finding
        if finding.code != "suspected_tampering" or read is None:
            continue
        said, seen = finding.values.get("said"), finding.values.get("shown") or None
        path = next((one for one in finding.about if read.invoice and one in correcting.fields(read.invoice)), None)
        name = where(read.invoice, path, label(t, path), t) if path and read.invoice else str(t["screen"]["hidden"])
        from_xml = read.source == "einvoice"
        strips = tuple(cuts(finding.about, read, shown, finding.about))
        yield Layer(name, None if from_xml else said, seen, said if from_xml else None, strips)
