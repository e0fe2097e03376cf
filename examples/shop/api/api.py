"""api -- the shop's HTTP interface: GET / the shop as JSON, POST /orders one order, POST /break to fail from now on."""

import json
import os
import signal
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import store

broken = False


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/health":
            self.health()
        elif self.path == "/":
            self.answer(200, shop())
        else:
            self.answer(404, {"error": "there is no such page"})

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        if self.path == "/orders":
            database.lpush("orders", body)
            self.answer(202, {"orders": database.incr("taken")})
        elif self.path == "/break":
            global broken
            broken = True
            print("asked to break: the health check fails until a restart")
            self.answer(200, {"broken": True})
        else:
            self.answer(404, {"error": "there is no such page"})

    def health(self):
        database.ping()
        self.answer(503 if broken else 200, {"healthy": not broken})

    def answer(self, status, value):
        body = (json.dumps(value) + "\n").encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format, *args):
        if self.path != "/health":
            print(format % args)


def shop():
    products = [{"name": name, "price": price} for name, price in sorted(database.hgetall("products").items())]
    taken, shipped = database.mget("taken", "shipped")
    return {
        "name": os.environ.get("SHOP_NAME", "Shop"),
        "products": products,
        "orders": int(taken or 0),
        "shipped": int(shipped or 0),
    }


# The first process of a container gets no default action for a signal, so this one says what SIGTERM does.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
database = store.connect()
print("listening on port 8000")
ThreadingHTTPServer(("", 8000), Handler).serve_forever()
