"""What an upload costs at the least: an endpoint that writes the body to a file and waits for the disk."""

import os
import sys
import uuid
from pathlib import Path

import uvicorn
from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool

made = FastAPI()
FOLDER = Path(sys.argv[1]) if len(sys.argv) > 1 else Path()


@made.post("/api/v1/documents", status_code=202)
async def upload(request: Request) -> dict[str, str]:
    """Write the body to a file."""
    name = uuid.uuid4().hex
    data = await request.body()
    await run_in_threadpool(_write, FOLDER / name, data)
    return {"id": name}


@made.get("/healthz")
def healthz() -> dict[str, str]:
    """Tell that this process lives."""
    return {"status": "ok"}


def _write(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


if __name__ == "__main__":
    uvicorn.run(made, host="127.0.0.1", port=int(sys.argv[2]), log_level="error", access_log=False)
