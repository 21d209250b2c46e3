"""A job that does nothing, in other task queues: runs in the peers' environment, on the Redis of QUEUE_REDIS.

    dramatiq bare_queue:dramatiq_broker, celery -A bare_queue:celery_app worker, rq worker    work on jobs
    bare_queue.py TOOL WARM COUNT SINGLES    sends them and prints what it saw as JSON; reads the document to send

A job notes the moment at which it was taken up, and that is all.
"""

import json
import sys
import time
from collections.abc import Callable

import celery  # type: ignore[import-not-found]  # in the peers' environment only
import dramatiq
import redis
import rq  # type: ignore[import-not-found]  # the same
from bare_job import TAKEN, URL, client, work  # type: ignore[import-not-found]  # beside this file, on its own path
from dramatiq.brokers.redis import RedisBroker

PATIENCE = 120
PAUSE = 0.1

dramatiq_broker = RedisBroker(client=redis.Redis.from_url(URL))  # type: ignore[no-untyped-call]
dramatiq.set_broker(dramatiq_broker)
celery_app = celery.Celery("bench", broker=URL.replace("unix://", "redis+socket://").replace("?db=", "?virtual_host="))
celery_app.conf.update(task_ignore_result=True, broker_connection_retry_on_startup=True)
rq_queue = rq.Queue(connection=client)


SEND: dict[str, Callable[[str], object]] = {
    "dramatiq": dramatiq.actor(actor_name="work")(work).send,
    "celery": celery_app.task(name="work")(work).delay,
    "rq": lambda document: rq_queue.enqueue("bare_job.work", document, result_ttl=0),
}


def through(tool: str, count: int, document: str) -> float:
    """Send jobs and return the seconds until all were taken up."""
    client.delete(TAKEN)
    began = time.monotonic()
    for _ in range(count):
        SEND[tool](document)
    while client.llen(TAKEN) < count:
        if time.monotonic() > began + PATIENCE:
            raise TimeoutError
        time.sleep(PAUSE / 20)
    return time.monotonic() - began


def single(tool: str, document: str) -> float:
    """Send one job and return the seconds until it was taken up."""
    time.sleep(PAUSE)
    client.delete(TAKEN)
    SEND[tool](document)
    sent = time.time()
    answer = client.blpop([TAKEN], timeout=PATIENCE)
    if answer is None:
        raise TimeoutError
    return max(0.0, float(answer[1]) - sent)


if __name__ == "__main__":
    name, told = sys.argv[1], sys.stdin.read()
    warm, size, singles = map(int, sys.argv[2:])
    through(name, warm, told)
    print(json.dumps({"seconds": through(name, size, told), "waited": [single(name, told) for _ in range(singles)]}))
