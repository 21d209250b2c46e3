"""A worker as `cashback work` is one, which reads nothing: python -m bench.noop_worker, set by the environment."""

from bench import noop
from portal.serving import told_to_end
from runtime import logs, settings
from runtime.app import open_app
from workers import broker

if __name__ == "__main__":
    app = open_app(settings.load())
    logs.configure(app.settings.log_level, app.settings.log_format)
    if app.settings.redis_url is None:
        raise SystemExit("CASHBACK_REDIS_URL is not set")
    broker.work(app, app.settings.redis_url, told_to_end(), task=noop.read)
