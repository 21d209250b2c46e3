"""A small programme and invoices for the tests of the rules: every name and identifier is invented."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from pydantic import BaseModel

from model.case import Case, Certificate, LookAlike, Partner, TierPeriod
from model.finding import Finding
from model.invoice import Invoice, InvoiceLine, Party, Totals
from model.reading import Evidence, Reading
from pipeline.judge import gather
from programme.catalogue import Catalogue, Product, Rate
from programme.distributors import Distributor
from programme.rulebook import Programme, Rulebook
from validators.checks import Check
from validators.dossier import Dossier

ACCEPTED = dt.date(2026, 9, 15)
ISSUED = dt.date(2026, 9, 1)

PARTNER = Partner(
    id="P1",
    name="Musterhaus Süd GmbH",
    street="Hauptstraße 1",
    postal_code="80337",
    city="München",
    vat_identifier="DE738475918",
    customer_numbers={"nordtel": "0041691"},
    tiers=(
        TierPeriod(tier="registered", valid_from=dt.date(2025, 1, 1)),
        TierPeriod(tier="gold", valid_from=dt.date(2026, 1, 1)),
    ),
    certifications=(Certificate(valid_from=dt.date(2025, 6, 1), valid_to=dt.date(2027, 5, 31)),),
)
NORDTEL = Distributor(
    id="nordtel",
    name="Nordtel Distribution GmbH",
    vat_identifiers=("DE694761810",),
    ibans=("DE18414500753370013058",),
    valid_from=dt.date(2026, 1, 1),
    valid_to=dt.date(2026, 12, 31),
)
RULEBOOK = Rulebook(
    catalogue=Catalogue(
        products=(
            Product(
                model="D785", bonus_eligible=True, mpn="00004349", rates=(Rate(silver=Decimal(11), gold=Decimal(14)),)
            ),
            Product(model="D713", bonus_eligible=True, rates=(Rate(silver=Decimal(6), gold=Decimal(8)),)),
            Product(model="M65", bonus_eligible=True, rates=(Rate(valid_to=dt.date(2026, 6, 30), gold=Decimal(7)),)),
            Product(model="D862", bonus_eligible=None),
            Product(model="A190", bonus_eligible=False),
        )
    ),
    distributors=(NORDTEL,),
    programme=Programme(claim_window_days=180, programme_start=dt.date(2026, 4, 1)),
    versions={"catalogue": "c1", "distributors": "d1", "programme": "p1"},
)
SELLER = Party(name="Nordtel Distribution GmbH", vat_identifier="DE694761810", iban="DE18414500753370013058")
BUYER = Party(
    name="Musterhaus Süd GmbH",
    vat_identifier="DE738475918",
    customer_number="0041691",
    postal_code="80337",
    city="München",
)


def line(item: str, quantity: str, price: str, amount: str | None = None, **more: Any) -> InvoiceLine:
    """Return a line; its amount is quantity x price unless it is given."""
    net_amount = Decimal(amount) if amount is not None else Decimal(quantity) * Decimal(price)
    return InvoiceLine(
        item_name=item, quantity=Decimal(quantity), net_price=Decimal(price), net_amount=net_amount, **more
    )


PHONES = line("Snom D785 Tischtelefon", "5", "100.00")
CABLE = line("Patchkabel Cat.6 2 m", "10", "3.00")


def invoice(*lines: InvoiceLine, **more: Any) -> Invoice:
    """Return a right invoice of Nordtel to the partner; without lines it sells PHONES and CABLE."""
    sold = lines or (PHONES, CABLE)
    net = sum((one.net_amount or Decimal(0) for one in sold), Decimal(0))
    vat = (net * Decimal("0.19")).quantize(Decimal("0.01"))
    values: dict[str, Any] = {
        "type_code": "380",
        "number": "RE-4711",
        "issue_date": ISSUED,
        "currency_code": "EUR",
        "seller": SELLER,
        "buyer": BUYER,
        "lines": sold,
        "totals": Totals(net=net, vat=vat, gross=net + vat),
    }
    return Invoice(**(values | more))


def paths(value: object, path: str = "") -> Iterator[str]:
    """Yield the field path of every value that is there: 'number', 'seller.name', 'lines.0.quantity'."""
    if isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from paths(getattr(value, name), f"{path}.{name}" if path else name)
    elif isinstance(value, tuple) and value and isinstance(value[0], BaseModel):
        for index, item in enumerate(value):
            yield from paths(item, f"{path}.{index}")
    elif value not in (None, ()):
        yield path


PROVEN = Evidence(rung="sample", confidence=1.0, proof=("sample",))
READ = Evidence(rung="sample", confidence=0.95)
DOUBTFUL = Evidence(rung="sample", confidence=0.5)


def reading(
    of: Invoice | None = None, *, doubtful: tuple[str, ...] = (), unproven: tuple[str, ...] = (), **more: Any
) -> Reading:
    """Return a perfect reading of an invoice, but for the paths that were read with doubt or that nothing confirms."""
    evidence = dict.fromkeys(paths(of), PROVEN) if of else {}
    evidence |= dict.fromkeys(unproven, READ) | dict.fromkeys(doubtful, DOUBTFUL)
    values: dict[str, Any] = {"source": "text", "page_count": 1, "rung": "sample", "extractor": "e1"}
    return Reading(invoice=of, evidence=evidence, **(values | more))


def case(**more: Any) -> Case:
    """Return the case of an upload by the partner, accepted on ACCEPTED."""
    values: dict[str, Any] = {"document_id": "d9", "digest": "0" * 64, "accepted_on": ACCEPTED, "partner": PARTNER}
    return Case(**(values | more))


def dossier(of: Reading | Invoice | None = None, *, rulebook: Rulebook = RULEBOOK, **of_case: Any) -> Dossier:
    """Return the dossier of a reading, or of a perfect reading of an invoice."""
    read = of if isinstance(of, Reading) else reading(of or invoice())
    return gather(read, case(**of_case), rulebook)


def found(check: Check, of: Dossier) -> list[tuple[str, str, bool]]:
    """Return code, variant and certainty of what a check finds."""
    return [(finding.code, finding.variant, finding.certain) for finding in check(of)]


def only(check: Check, of: Dossier) -> Finding:
    """Return the one finding of a check."""
    (finding,) = check(of)
    return finding


def same_number(*, same_partner: bool, document_id: str = "d1") -> LookAlike:
    """Return an earlier upload with the same seller and number."""
    return LookAlike(document_id=document_id, kind="number", same_partner=same_partner)


def same_content(*, same_partner: bool, document_id: str = "d1") -> LookAlike:
    """Return an earlier upload with the same seller, date, lines and total under another number."""
    return LookAlike(document_id=document_id, kind="content", same_partner=same_partner)


def same_bytes(*, same_partner: bool, document_id: str = "d1") -> LookAlike:
    """Return an earlier upload of the same bytes."""
    return LookAlike(document_id=document_id, kind="bytes", same_partner=same_partner)
