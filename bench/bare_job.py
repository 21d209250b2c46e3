"""The job that does nothing. RQ loads this module anew for each job, so it loads nothing else."""

import os
import time

import redis

URL = os.environ["QUEUE_REDIS"]
TAKEN = "bench:taken"
"""The list to which every job adds its moment."""

client = redis.Redis.from_url(URL)


def work(_document: str) -> None:
    """Note the moment."""
    client.rpush(TAKEN, time.time())
