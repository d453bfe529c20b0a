"""The password of a database on RDS: a secret that rotates, or a token made for each connection.  Asked at every connect."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

from tools.aws.clients import client
from tools.aws.secrets import read_secret
from tools.troubles import NotReady

KEPT = 60.0
"""Seconds for which a secret is not read again, unless the password that it gave is refused."""
PORT = 3306


class Secret:
    """The ``password`` of a Secrets Manager secret as RDS writes it: ``{"username": …, "password": …}``.

    Raises ``NotReady`` naming the secret and what to change; never with its value.
    """

    def __init__(
        self, secret: str, region: str | None = None, api: Any = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        if not secret:
            raise NotReady(
                "The database's password is looked for in a secret: set HOOKLINE_DATABASE_SECRET to its ARN."
            )
        self._secret, self._clock = secret, clock
        self._api = api or client("secretsmanager", region)
        self._password, self._read = "", -KEPT

    def __call__(self) -> str:
        if not self._password or self._clock() - self._read >= KEPT:
            self._password, self._read = self._fetched(), self._clock()
        return self._password

    def forget(self) -> None:
        """Read the secret again at the next connect: what it gave was refused, as one that has rotated is."""
        self._password = ""

    def _fetched(self) -> str:
        found = read_secret(self._secret, "HOOKLINE_DATABASE_SECRET", api=self._api)
        try:
            password = json.loads(found)["password"]
        except (KeyError, TypeError, ValueError):
            password = None
        if not isinstance(password, str) or not password:
            # Not chained: a parser's error quotes what it parsed.
            raise NotReady(f'The secret {self._secret} holds no password; it must be JSON with a "password".') from None
        return password


class Token:
    """A token of 15 minutes for IAM authentication, signed here; it is checked only when a connection is made."""

    def __init__(self, host: str, user: str, region: str | None = None, port: int = PORT, api: Any = None) -> None:
        if not host:
            raise NotReady("A token is made for one host: set HOOKLINE_DATABASE_HOST.")
        self._host, self._user, self._port = host, user, port
        self._api = api or client("rds", region)

    def __call__(self) -> str:
        token: str = self._api.generate_db_auth_token(DBHostname=self._host, Port=self._port, DBUsername=self._user)
        return token
