"""store -- the connection to the store, with the password that the secret brings."""

import os

import redis


def connect():
    with open(os.environ.get("STORE_PASSWORD_FILE", "/run/secrets/store_password")) as secret:
        password = secret.read().strip()
    return redis.Redis(host=os.environ["STORE_HOST"], password=password, decode_responses=True, socket_timeout=5)
