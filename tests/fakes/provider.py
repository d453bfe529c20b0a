"""An OpenID Connect provider on loopback, as strict as Cognito: code flow with PKCE for a public client, keys that rotate, groups as a claim."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import html
import json
import secrets
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

CLIENT = "page"
PEOPLE = {"ada@example.com": ["editor"], "vic@example.com": ["viewer"], "zoe@example.com": []}
"""Who can log in, and their groups."""


def packed(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Provider:
    """``backs`` and ``outs`` are where it may lead a browser; ``claims`` are put over those of each token, which ``key`` signs."""

    def __init__(self) -> None:
        self.backs: set[str] = set()
        self.outs: set[str] = set()
        self.claims: dict[str, Any] = {}
        self.key = rsa.generate_private_key(65537, 2048)
        self.shown = self.key
        """The key that it says is its own."""
        self.algorithm = "RS256"
        self.refused: list[str] = []
        self.issuer = ""
        self._codes: dict[str, dict[str, str]] = {}

    def token(self, person: str, nonce: str) -> str:
        now = int(time.time())
        claims = {
            "iss": self.issuer, "aud": CLIENT, "sub": hashlib.sha256(person.encode()).hexdigest()[:16], "email": person,
            "cognito:groups": PEOPLE[person], "token_use": "id", "nonce": nonce, "iat": now, "exp": now + 3600, **self.claims,
        }  # fmt: skip
        head = {"kid": "k1", "alg": self.algorithm}
        said = ".".join(packed(json.dumps(part).encode()) for part in (head, claims))
        return f"{said}.{packed(self.key.sign(said.encode(), PKCS1v15(), SHA256()))}"

    def document(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer, "authorization_endpoint": f"{self.issuer}/oauth2/authorize", "token_endpoint": f"{self.issuer}/oauth2/token",
            "jwks_uri": f"{self.issuer}/.well-known/jwks.json", "end_session_endpoint": f"{self.issuer}/logout",
        }  # fmt: skip

    def keys(self) -> dict[str, Any]:
        numbers = self.shown.public_key().public_numbers()
        parts = {"e": packed(numbers.e.to_bytes(3)), "n": packed(numbers.n.to_bytes(256))}
        return {"keys": [{"kid": "k1", "kty": "RSA", "alg": "RS256", "use": "sig", **parts}]}

    def page(self, asked: dict[str, str]) -> str:
        """Where a person says who they are; Cognito's own asks for a password, too."""
        wanted = {"response_type": "code", "client_id": CLIENT, "code_challenge_method": "S256"}
        if wrong := [name for name, value in wanted.items() if asked.get(name) != value]:
            raise ValueError(f"invalid_request: {wrong}")
        if asked.get("redirect_uri") not in self.backs or "openid" not in asked.get("scope", "").split():
            raise ValueError("redirect_mismatch")
        fields = "".join(
            f'<input type="hidden" name="{html.escape(n)}" value="{html.escape(v)}">' for n, v in asked.items()
        )
        buttons = "".join(f'<button name="person" value="{person}">{person}</button>' for person in PEOPLE)
        style = '<link rel="icon" href="data:,">'
        return (
            f'<!doctype html><title>Sign in</title>{style}<form method="post" action="/signed">{fields}{buttons}</form>'
        )

    def signed(self, asked: dict[str, str]) -> str:
        """Back to the page, with a code that counts once."""
        code = secrets.token_urlsafe(16)
        self._codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def traded(self, given: dict[str, str]) -> dict[str, Any]:
        begun = self._codes.pop(given.get("code", ""), {})
        proof = packed(hashlib.sha256(given.get("code_verifier", "").encode()).digest())
        right = {"grant_type": "authorization_code", "client_id": CLIENT, "redirect_uri": begun.get("redirect_uri")}
        if (
            not begun
            or proof != begun["code_challenge"]
            or any(given.get(name) != value for name, value in right.items())
        ):
            raise ValueError("invalid_grant")
        return {"id_token": self.token(begun["person"], begun["nonce"]), "token_type": "Bearer", "expires_in": 3600}


@contextlib.contextmanager
def provider() -> Iterator[Provider]:
    made = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
            if parts.path == "/.well-known/openid-configuration":
                return self._said(made.document())
            if parts.path == "/.well-known/jwks.json":
                return self._said(made.keys())
            if parts.path == "/oauth2/authorize":
                return self._tried(lambda: self._send(200, "text/html", made.page(asked)))
            if parts.path == "/logout" and asked.get("logout_uri") in made.outs and asked.get("client_id") == CLIENT:
                return self._send(302, "text/plain", "", {"Location": asked["logout_uri"]})
            return self._send(404, "text/plain", "")

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            given = {name: values[0] for name, values in parse_qs(body).items()}
            if self.path == "/oauth2/token":
                return self._tried(lambda: self._said(made.traded(given)))
            return self._send(302, "text/plain", "", {"Location": made.signed(given)})

        def _tried(self, do: Any) -> None:
            try:
                do()
            except ValueError as error:
                made.refused.append(str(error))
                self._send(400, "application/json", json.dumps({"error": str(error)}))

        def _said(self, value: Any) -> None:
            self._send(200, "application/json", json.dumps(value))

        def _send(self, status: int, kind: str, text: str, more: dict[str, str] | None = None) -> None:
            self.send_response(status)
            for name, value in {
                "Content-Type": kind,
                "Content-Length": str(len(text.encode())),
                **(more or {}),
            }.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: Any) -> None:
            """Tests are quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    made.issuer = f"http://127.0.0.1:{server.server_port}"
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
