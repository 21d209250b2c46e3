"""Types of columns: moments and amounts, the same on every database."""

import datetime as dt
from decimal import Decimal

from sqlalchemy import BigInteger, DateTime, Dialect, TypeDecorator


class Utc(TypeDecorator[dt.datetime]):
    """A moment, aware and in UTC; SQLite keeps it without its zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        """Turn to UTC; a moment without a zone is refused."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs its time zone")
        moment = value.astimezone(dt.UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        """Give the moment its zone back."""
        if value is None:
            return None
        return value.replace(tzinfo=dt.UTC) if dialect.name == "sqlite" else value.astimezone(dt.UTC)


def in_cents(amount: Decimal) -> int:
    """Return an amount of EUR in cents. Errors: ValueError for a fraction of a cent."""
    cents = int(amount * 100)
    if cents != amount * 100:
        raise ValueError(f"{amount} EUR is no whole number of cents")
    return cents


class Cents(TypeDecorator[Decimal]):
    """An amount of EUR as a whole number of cents, so that SQL adds it up exactly on every database."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:  # noqa: ARG002 (SQLAlchemy's signature)
        """Turn EUR to cents; a fraction of a cent is refused."""
        return None if value is None else in_cents(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> Decimal | None:  # noqa: ARG002 (SQLAlchemy's signature)
        """Turn cents to EUR with two places. A sum on PostgreSQL comes as a Decimal of cents."""
        return None if value is None else Decimal(int(value)).scaleb(-2)
