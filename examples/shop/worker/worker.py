"""worker -- takes orders from the store, one after the other, and ships them.

With --alive it is the health check instead: 0 if a worker has looked for work within the last ten seconds.
"""

import os
import pathlib
import signal
import sys
import tempfile
import time

ALIVE = pathlib.Path(tempfile.gettempdir(), "alive")
if "--alive" in sys.argv:
    sys.exit(not ALIVE.exists() or time.time() - ALIVE.stat().st_mtime > 10)

import redis  # noqa: E402 (the health check above has no use for it)

# The first process of a container gets no default action for a signal, so this one says what SIGTERM does.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))

with open(os.environ.get("STORE_PASSWORD_FILE", "/run/secrets/store_password")) as secret:
    password = secret.read().strip()
database = redis.Redis(host=os.environ["STORE_HOST"], password=password, decode_responses=True)
print("waiting for orders")
while True:
    order = database.brpop("orders", timeout=2)
    ALIVE.touch()
    if order:
        print(f"shipped: {order[1]}")
        database.incr("shipped")
