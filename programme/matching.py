"""Which product of the catalogue an invoice line sells, if any, or between which ones it cannot be told.

Model names are looked up exactly once case, blanks, hyphens and the maker's name are out of the way; never by
similarity, for D712 and D715 are two telephones. The words around them decide whether the line sells the device or
something for it. The manufacturer's article number and the GTIN are independent witnesses: they can name the product
where the words do not, and where they name another one the line is ambiguous. So is any line in doubt: a person looks.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from rapidfuzz import fuzz, process

from model.invoice import InvoiceLine
from model.judgement import Match
from programme.catalogue import Catalogue
from programme.identifiers import is_gtin
from programme.macs import hinted, is_makers
from programme.phrase import Phrase, Span, Token, Zone, is_maker, parse, unlisted_model
from programme.spelling import article, words
from programme.words import Meaning, is_word, names_pack

SHOWN = 6
"""So many candidates are shown where any device could be meant."""
ARTICLE_LENGTH = 6
"""A number within an item name is taken for an article number from this length on."""

TIMES = "\N{MULTIPLICATION SIGN}"
_COUNT = re.compile(r"(?!0*1$)[0-9]{1,3}")
_TIMES = re.compile(r"(?!0*1X)[0-9]{1,3}X")
_TENFOLD = re.compile(r"(?!0*1ER)[0-9]{1,3}ER")


@dataclass(frozen=True, slots=True)
class _Told:
    """What the words of a line tell: the product they name, or those it may be (`candidates`), or no device.

    `settled_by` says which article numbers may name the product where the words do not: any (a telephone, which one is
    not said), one of a candidate, or none, for the words speak of something else and such a number contradicts them.
    """

    model: str | None = None
    candidates: tuple[str, ...] = ()
    settled_by: Literal["any", "candidate", "none"] = "none"
    witness: str = "name"


def match_lines(lines: Sequence[InvoiceLine], catalogue: Catalogue) -> tuple[Match, ...]:
    """Match each line: one match per line, in order."""
    return tuple(_with_hint(_match(index, line, catalogue), line, catalogue) for index, line in enumerate(lines))


def _with_hint(match: Match, line: InvoiceLine, catalogue: Catalogue) -> Match:
    """Show those candidates first that the MAC addresses on the line hint at."""
    if not match.candidates or not line.serial_numbers:
        return match
    hints = hinted(line.serial_numbers, catalogue)
    first = tuple(model for model in match.candidates if model in hints)
    if not first:
        return match
    rest = (model for model in match.candidates if model not in hints)
    return Match(line=match.line, candidates=(*first, *rest), witnesses=(*match.witnesses, "mac"))


def _match(index: int, line: InvoiceLine, catalogue: Catalogue) -> Match:
    told = _told(line, catalogue)
    numbers = dict(_numbers(line, catalogue))
    by_name = (told.witness,) if told.model or told.candidates else ()
    if not numbers:
        return Match(line=index, model=told.model, candidates=told.candidates, witnesses=by_name)
    models = tuple(dict.fromkeys(numbers.values()))
    if len(models) == 1 and _agree(told, models[0], catalogue):
        named = by_name if told.model else ()
        return Match(line=index, model=models[0], witnesses=(*named, *numbers))
    rivals = (told.model,) if told.model else told.candidates
    return Match(line=index, candidates=tuple(dict.fromkeys((*rivals, *models))), witnesses=(*by_name, *numbers))


def _agree(told: _Told, model: str, catalogue: Catalogue) -> bool:
    """Tell whether the words leave room for the model that the article numbers name."""
    if told.model:
        return told.model == model
    if told.settled_by == "candidate":
        return model in told.candidates
    return told.settled_by == "any" or (not told.candidates and _never_earns(model, catalogue))


def _never_earns(model: str, catalogue: Catalogue) -> bool:
    product = catalogue.product(model)
    return product is not None and product.bonus_eligible is False


def _numbers(line: InvoiceLine, catalogue: Catalogue) -> Iterator[tuple[str, str]]:
    """Yield (witness, model) for each number on the line that the catalogue knows."""
    named = [word for word in words(line.item_name or "") if len(word) >= ARTICLE_LENGTH and word.isdigit()]
    for number in (article(line.manufacturers_item_identifier or ""), *named):
        if number in catalogue.by_mpn:
            yield "mpn", catalogue.by_mpn[number].model
    for number in (article(line.standard_item_identifier or ""), *named):
        if is_gtin(number) and number.zfill(14) in catalogue.by_ean:
            yield "ean", catalogue.by_ean[number.zfill(14)].model
    tokens = words(line.sellers_item_identifier or "")
    if any(is_maker(word) or "SNOM" in word for word in tokens):
        span = parse(line.sellers_item_identifier or "", catalogue).spans
        if len(span) == 1 and not span[0].misread:
            yield "sellers_item_identifier", span[0].models[0]


def _told(line: InvoiceLine, catalogue: Catalogue) -> _Told:
    """Judge the words of a line."""
    phrase = parse(line.item_name or "", catalogue)
    mac = any(map(is_makers, line.serial_numbers))
    head = [token for token in phrase.tokens if token.zone is Zone.HEAD]
    made_here = mac or any(token.maker for token in phrase.tokens if token.zone is Zone.HEAD or token.zone is Zone.NOTE)
    foreign = "other_maker" in [token.says for token in head]
    if foreign and not made_here:
        return _Told()
    spans = [span for span in phrase.spans if phrase.tokens[span.start].zone is Zone.HEAD]
    if spans:
        return _named(phrase, spans, catalogue, made_here=made_here, foreign=foreign)
    return _unnamed(phrase, catalogue, made_here=made_here, mac=mac)


def _named(phrase: Phrase, spans: Sequence[Span], catalogue: Catalogue, *, made_here: bool, foreign: bool) -> _Told:
    """Judge words that name models of the catalogue."""
    models = _models(spans)
    doubt = _accessory(phrase, spans, catalogue)
    if len(models) == 1 and doubt != "no" and made_here and _never_earns(models[0], catalogue):
        return _Told(model=models[0])
    if doubt == "yes":
        return _Told()
    several = _several(phrase, spans)
    included = [span for span in phrase.spans if phrase.tokens[span.start].zone is Zone.INCLUDED]
    beside = [model for model in _models(included) if model not in models and not _never_earns(model, catalogue)]
    if len(models) > 1 or doubt == "maybe" or several or beside or foreign:
        return _Told(candidates=(*models, *beside), settled_by="none" if several else "candidate")
    rest = _rest(phrase, spans)
    device, strange = "device" in rest, "unknown" in rest
    if strange and not made_here and not device:
        return _Told(settled_by="any")
    if strange and not (made_here and device):
        return _Told(candidates=models, settled_by="candidate")
    return _Told(model=models[0], witness="misread_name" if spans[0].misread else "name")


def _unnamed(phrase: Phrase, catalogue: Catalogue, *, made_here: bool, mac: bool) -> _Told:
    """Judge words that name no model of the catalogue: the line may sell a device all the same, which one is open."""
    if _accessory(phrase, (), catalogue) == "yes":
        return _Told()
    rest = _rest(phrase, ())
    device, strange = mac or "device" in rest, "unknown" in rest
    unlisted = unlisted_model(phrase)
    if unlisted is not None:
        return _Told(candidates=_neighbours(unlisted, catalogue))
    if device and (made_here or not strange):
        return _Told(candidates=_neighbours(None, catalogue), settled_by="any")
    return _Told(settled_by="any")


def _models(spans: Sequence[Span]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(model for span in spans for model in span.models))


def _accessory(phrase: Phrase, spans: Sequence[Span], catalogue: Catalogue) -> Literal["yes", "maybe", "no"]:
    """Tell whether the words name an accessory; "maybe" where a device stands before it, or it is an afterthought.

    'Netzteil Snom D785' does, 'Snom D785 IP-Telefon, Farbdisplay, Gigabit-Switch' does not, 'Snom D785, Netzteil' may.
    """
    naming = _positions([span for span in spans if not all(_never_earns(model, catalogue) for model in span.models)])
    segment = phrase.tokens[spans[0].start].segment if spans else None
    device = strange = False
    for position, token in enumerate(phrase.tokens):
        if position in naming or (token.zone is not Zone.HEAD and token.zone is not Zone.NOTE):
            continue
        says = token.says
        device = device or (says == "device" and token.zone is Zone.HEAD)
        strange = strange or (says == "unknown" and bool(spans) and position >= spans[0].stop)
        later = segment is not None and (token.segment > segment or token.zone is Zone.NOTE)
        if says == "accessory" and not (later and device):
            return "maybe" if later or device or strange else "yes"
    return "no"


def _several(phrase: Phrase, spans: Sequence[Span]) -> bool:
    """Tell whether the words say that one unit holds several devices: 'Bundle 4x D785', '10er-Pack', 'Twinpack'."""
    tokens = [token for token in phrase.tokens if token.zone is not Zone.RELATED]
    pack = any(names_pack(token.word) for token in tokens)
    if any(is_word(token.word, "multipack_words") for token in tokens):
        return True
    if pack and len(_models(spans)) > 1:
        return True
    starts = {span.start for span in spans}
    makers = {position for position, token in enumerate(phrase.tokens) if token.maker}
    return any(
        (pack and _TENFOLD.fullmatch(token.word)) or _counted(phrase.tokens, position) in starts | makers
        for position, token in enumerate(phrase.tokens)
    )


def _counted(tokens: Sequence[Token], position: int) -> int | None:
    """Return the position of what a count of two or more stands before: '4x D785', '4 x D785'."""
    token = tokens[position]
    if _TIMES.fullmatch(token.word) or (_COUNT.fullmatch(token.word) and TIMES in token.after):
        return position + 1
    spaced = _COUNT.fullmatch(token.word) and position + 1 < len(tokens) and tokens[position + 1].word == "X"
    return position + 2 if spaced else None


def _rest(phrase: Phrase, spans: Sequence[Span]) -> set[Meaning]:
    """Return what the words of the head say that name neither a model nor the maker."""
    naming = _positions(spans)
    return {
        token.says
        for position, token in enumerate(phrase.tokens)
        if token.zone is Zone.HEAD and position not in naming and not token.maker
    }


def _positions(spans: Sequence[Span]) -> set[int]:
    return {position for span in spans for position in range(span.start, span.stop)}


def _neighbours(name: str | None, catalogue: Catalogue) -> tuple[str, ...]:
    """Return devices to show a person: those spelt most like the name, else the first ones; never more than a few."""
    if name is None:
        return tuple(catalogue.devices)[:SHOWN]
    near = process.extract(name, catalogue.devices, scorer=fuzz.ratio, limit=SHOWN)
    return tuple(model for _, _, model in near)
