"""Rows that are numbered from 1 below a document: each insert takes the next number in the statement itself."""

from sqlalchemy import Column, Insert, Table, bindparam, func, insert, select


def following(table: Table, *keys: Column[str]) -> Insert:
    """Return the insert of a row of this table whose column `sequence` follows the last one with the same keys.

    Its parameters are the other columns by name. Whoever inserts holds the document, so that two never take one number.
    """
    sequence = func.coalesce(func.max(table.c.sequence), 0) + 1
    values = [
        sequence if column is table.c.sequence else bindparam(column.name, type_=column.type)
        for column in table.columns
    ]
    same = [key == bindparam(key.name, type_=key.type) for key in keys]
    return insert(table).from_select(list(table.columns.keys()), select(*values).where(*same))
