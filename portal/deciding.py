"""From the command line to the database and back: uploads, the partners they are for, and what became of them."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from model.state import State
from portal.decided import Decided
from portal.inputs import NotThere, gather, read_manifest
from runtime.app import App
from store import partners, results
from store.engine import reading
from workers.embedded import Result, Upload


def decided(app: App, result: Result) -> Decided:
    """Return what became of an upload, with the reading that it rests on."""
    document = result.document
    if document is None:
        return Decided(result.file, None, None, State.FAILED.value, error=result.error)
    with reading(app.engine) as conn:
        read = results.reading(conn, document.id)
    return Decided(
        result.file, document.id, document.partner_id, document.state.value, read, result.judgement, result.error
    )


def uploads_of(paths: Sequence[Path], partner: str | None, manifest: Path | None) -> tuple[tuple[Upload, ...], int]:
    """Return the uploads that a command line names, and how many entries of folders were passed over.

    Either paths and one partner, or a manifest of both. Errors: NotThere.
    """
    if manifest is not None:
        rows = read_manifest(manifest)
        return tuple(Upload(file, owner, manifest.parent / file) for file, owner in rows), 0
    files, passed_over = gather(paths)
    return tuple(Upload(str(file), partner or "", file) for file in files), passed_over


def check_partners(app: App, uploads: Iterable[Upload]) -> None:
    """Make sure that the registry knows every partner before anything is accepted. Errors: NotThere."""
    with reading(app.engine) as conn:
        wanted = dict.fromkeys(upload.partner_id for upload in uploads)
        unknown = [partner for partner in wanted if partners.partner(conn, partner) is None]
    if unknown:
        raise NotThere(
            f"There is no partner {', '.join(unknown)}: `cashback partners import FILE` or --partners adds one."
        )
