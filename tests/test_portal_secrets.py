"""No secret is written into a log, at whatever level, also where something goes wrong."""

import hashlib
import json
from pathlib import Path

from sample_portal import DOCUMENTS, PASSWORD, serving
from sample_uploads import invoice
from sqlalchemy import text

from portal import people
from portal.access import COOKIE


def test_no_secret_is_logged(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with serving(tmp_path, log=log) as served:
        client, session = served.browser("olga")
        guess = PASSWORD + "!"
        with client, served.client() as program, served.client(None) as nobody:
            assert client.get("/review").status_code == 200
            assert program.post(DOCUMENTS, content=invoice("R1")).status_code == 202
            bad = {"Authorization": "Bearer wrong-token-of-somebody"}
            assert nobody.get(DOCUMENTS, headers=bad).status_code == 401
            assert nobody.post("/signin", data={"name": "olga", "password": guess}).status_code == 422
            assert nobody.post("/signin", data={"name": "otto", "password": PASSWORD}).status_code == 303
            with served.app.engine.begin() as conn:
                for table in ("sessions", "tokens"):
                    conn.execute(text(f"ALTER TABLE {table} RENAME TO gone_{table}"))
            assert client.get("/review").status_code >= 500
            assert program.get(DOCUMENTS).status_code >= 500
            with served.app.engine.begin() as conn:
                for table in ("sessions", "tokens"):
                    conn.execute(text(f"ALTER TABLE gone_{table} RENAME TO {table}"))
        signed = people.sign_in(served.app, "otto", PASSWORD, "here")
        tokens = tuple(served.tokens.values())
    written = log.read_text()
    errors = [one for one in map(json.loads, written.splitlines()) if one["level"] == "error"]
    assert len(errors) >= 2, "what went wrong was logged"
    secrets = (PASSWORD, guess, session.token, session.csrf, signed.token, "wrong-token-of-somebody", *tokens)
    for secret in secrets:
        assert secret not in written
        assert hashlib.sha256(secret.encode()).hexdigest() not in written
    assert COOKIE not in written
