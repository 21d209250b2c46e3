"""Documents that need no reading: their bytes are the reading that is to come of them, and `read` hands it back.

Each is an invoice of its own over two devices, with a number, serial numbers and amounts that no other one has, and is
approved. Whatever else time goes into is left: accepting, the queue, the sandbox, judging, booking.
"""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path

from model.case import Partner
from model.invoice import Invoice, Party, Totals, VatBreakdown
from model.reading import Reading
from programme.tiers import load_partners
from runtime.app import App, open_app
from runtime.settings import Settings
from store import partners
from workers.reader import Read, version

FIXTURES = Path(__file__).parent.parent / "fixtures"
FIXTURE = FIXTURES / "xml-cii-approved" / "invoice.xml"
DAY = dt.date(2026, 9, 15)
"""When they are accepted."""
MANY, OTHER = "P01", "P02"
"""The partner that most are of, and one that sends a single one now and then."""
RATE = 19
"""Of the VAT, in per cent."""


def read(data: bytes, name: str, ocr: bool, tape: bytes | None) -> Read:  # noqa: ARG001, FBT001 (a task)
    """Hand back the reading that the bytes are."""
    return Read(media_type="application/xml", page_count=1, version=version(), reading=data.decode())


def opened(data: Path, database_url: str | None = None, redis_url: str | None = None) -> App:
    """Open the rules of the sample invoices over a data folder, with their partners in the registry."""
    rules = FIXTURES / "rulebook"
    app = open_app(Settings(data=data, rulebook=rules, database_url=database_url, redis_url=redis_url))
    with app.engine.begin() as conn:
        partners.import_partners(conn, registry().values(), "bench", dt.datetime.now(dt.UTC))
    return app


@cache
def registry() -> Mapping[str, Partner]:
    """Return the partners of the sample invoices by their ids."""
    return {one.id: one for one in load_partners(FIXTURES / "partners.json").partners}


@cache
def _sample() -> tuple[Reading, Invoice]:
    """Return the reading of a sample invoice, cut to the line that earns, and the invoice in it."""
    from pipeline.climb import climb  # noqa: PLC0415 (heavy: only who prepares documents loads it)

    whole = climb(FIXTURE.read_bytes(), "application/xml", look=False)
    if whole.invoice is None:
        raise LookupError(f"there is no invoice in {FIXTURE}")
    place = next(index for index, line in enumerate(whole.invoice.lines) if "D735 (" in (line.item_name or ""))
    evidence = {
        path.replace(f"lines.{place}.", "lines.0."): seen
        for path, seen in whole.evidence.items()
        if not path.startswith("lines.") or path.startswith(f"lines.{place}.")
    }
    invoice = whole.invoice.model_copy(update={"lines": (whole.invoice.lines[place],)})
    return whole.model_copy(update={"evidence": evidence}), invoice


def figures(number: int) -> dict[str, int]:
    """Return what an invoice comes to in whole EUR: the price of each device, net, VAT and gross."""
    return {"price": 50 * number, "net": 100 * number, "vat": RATE * number, "gross": (100 + RATE) * number}


def serials(number: int) -> tuple[str, ...]:
    """Return the serial numbers of the devices of an invoice."""
    return f"{number}0A", f"{number}0B"


def invoice(number: int, partner_id: str = MANY) -> Invoice:
    """Return the invoice with this number, addressed to a partner."""
    (_, sample), partner = _sample(), registry()[partner_id]
    sums = {name: Decimal(f"{amount}.00") for name, amount in figures(number).items()}
    line = sample.lines[0].model_copy(
        update={"net_price": sums["price"], "net_amount": sums["net"], "serial_numbers": serials(number)}
    )
    rate = VatBreakdown(rate=Decimal(RATE), base=sums["net"], amount=sums["vat"])
    totals = Totals(net=sums["net"], vat=sums["vat"], gross=sums["gross"], breakdown=(rate,))
    buyer = Party(
        name=partner.name,
        vat_identifier=partner.vat_identifier,
        street=partner.street,
        postal_code=partner.postal_code,
        city=partner.city,
        country_code=partner.country,
    )
    told = {"number": f"R{number}", "buyer": buyer, "lines": (line,), "totals": totals}
    return sample.model_copy(update=told)


def prepared(number: int, partner_id: str = MANY) -> bytes:
    """Return the bytes of the document with this number."""
    whole, _ = _sample()
    return whole.model_copy(update={"invoice": invoice(number, partner_id)}).model_dump_json().encode()
