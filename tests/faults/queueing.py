"""Redis that goes and comes back, and messages that nobody should trust."""

import random
import time

import redis
from dramatiq import Message

from faults.scene import Scene, until
from workers.broker import NAMESPACE, VERSION

LATE = 3.0
"""Seconds that late messages are late."""


def killed_and_empty(scene: Scene, kills: int) -> None:
    """Kill Redis with messages in it, accept more without it, and start it again empty."""
    assert scene.redis is not None
    scene.warm()
    for turn in range(kills):
        scene.upload(15, first=turn * 30 + 1)
        until(lambda: scene.finished() > 0)
        scene.redis.kill()
        scene.kills += 1
        scene.upload(5, first=turn * 30 + 16)
        scene.redis.restart()
        scene.fault()
        scene.quiet()


def flushed(scene: Scene, kills: int) -> None:
    """Throw away all messages while no worker is there to take them, and once more while one is."""
    assert scene.redis is not None
    scene.upload(10)
    scene.redis.flush()
    scene.work()
    for turn in range(kills):
        scene.upload(10, first=turn * 10 + 11)
        scene.redis.flush()
        scene.kills += 1
        scene.fault()


def misled(scene: Scene, kills: int) -> None:
    """Deliver each message three times, late and out of order, among foreign ones, and old ones of other forms."""
    assert scene.redis is not None
    scene.warm()
    ring, scene.ring = scene.ring, lambda *_: True
    for turn in range(kills):
        accepted = scene.upload(10, first=turn * 10 + 1)
        messages = [*accepted * 3, *(f"nobody{n}" for n in range(5)), ""]
        random.shuffle(messages)
        with redis.Redis.from_url(scene.redis.url) as client:
            for one in messages[: len(messages) // 2]:
                ring(random.choice(("light", "ocr")), one)  # noqa: S311 (no secret)
            _foreign(client)
            time.sleep(LATE)
            for one in messages[len(messages) // 2 :]:
                ring(random.choice(("light", "ocr")), one)  # noqa: S311 (the same)
        scene.kills += 1
        scene.fault()


def upgraded(scene: Scene, kills: int) -> None:
    """Start a worker on a queue in which nothing but messages of older and newer releases stand."""
    assert scene.redis is not None
    scene.ring = lambda *_: True
    for turn in range(kills):
        accepted = scene.upload(5, first=turn * 5 + 1)
        with redis.Redis.from_url(scene.redis.url) as client:
            for one in accepted:
                _send(client, "light", Message("light", "light", (one,), {}, {}))
                _send(
                    client, "light", Message("light", "light", (one, VERSION + 1, "more"), {"key": 1}, {"retries": 9})
                )
                _send(client, "light", Message("light", "light", (), {"document_id": one}, {}))
        worker = scene.work()
        scene.kills += 1
        scene.fault()
        scene.quiet()
        scene.stop(worker)


def _foreign(client: redis.Redis) -> None:
    """Put in what no release of this program ever sent."""
    _send(client, "light", Message("light", "erase_everything", ("/",), {}, {}))
    _send(client, "ocr", Message("light", "light", ("wrong queue",), {}, {}))
    for garbage in (b"\xff\x00\xfe", b"{}", b"[]", b'{"queue_name": 1}', b""):
        name = f"garbage{random.randrange(10**9)}"  # noqa: S311 (no secret)
        client.hset(f"{NAMESPACE}:light.msgs", name, garbage)
        client.rpush(f"{NAMESPACE}:light", name)
    client.rpush(f"{NAMESPACE}:ocr", "an id without a message")


def _send(client: redis.Redis, name: str, message: Message[None]) -> None:
    client.hset(f"{NAMESPACE}:{name}.msgs", message.message_id, message.encode())
    client.rpush(f"{NAMESPACE}:{name}", message.message_id)
