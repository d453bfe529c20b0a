"""Who someone is: a login at an OpenID Connect provider, such as Cognito's own page, by code flow with PKCE; then a sealed cookie.

Only the login itself asks the provider; a request is known by its cookie alone, so that a door without a way out can read it.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import secrets
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from http.client import HTTPException
from typing import Any, Literal

from cryptography.exceptions import InvalidSignature
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from cryptography.hazmat.primitives.hashes import SHA256
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import URL
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from doors.page.guard import SAFE, No, foreign
from tools.schema import Noun
from tools.text import clean

SESSION, PENDING = "hookline", "hookline-login"
"""The cookies: who someone is, and a login that is under way."""
LASTS = 3600
"""Seconds that a session lasts; a role that was taken away counts until then."""
BEGUN = 600
"""Seconds that a login may take."""
LEEWAY = 60
"""Seconds that the provider's clock may differ."""
PATIENCE = 10.0
"""Seconds that the provider may take for an answer."""
OPEN = re.compile(r"/(login(/.*)?|static/[^/]*)$")
"""What is answered to anyone."""
HERE = re.compile(r"/(\?[\w=&-]*)?$")
"""Where a login may lead back to."""


class Person(Noun):
    """Whoever sent a request."""

    name: str
    role: Literal["viewer", "editor"]


class Seal:
    """Makes and reads cookies that nobody else can make or read."""

    def __init__(self, secret: str) -> None:
        self._box = Fernet(base64.urlsafe_b64encode(hashlib.sha256(secret.encode()).digest()))

    def close(self, value: Mapping[str, Any]) -> str:
        return self._box.encrypt(json.dumps(value).encode()).decode()

    def open(self, sealed: str, seconds: int) -> dict[str, Any] | None:
        """What was sealed at most ``seconds`` ago; None for all else."""
        try:
            found: dict[str, Any] = json.loads(self._box.decrypt(sealed.encode(), ttl=seconds))
        except InvalidToken:
            return None
        return found


class Members:
    """ASGI middleware that lets in who has logged in, and an editor alone to what changes something.

    Requests that a gateway has authorized before are its own.
    """

    def __init__(self, app: ASGIApp, seal: Callable[[], Seal]) -> None:
        self.app, self.seal = app, seal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or OPEN.match(scope["path"]) or _authorized(scope):
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        person = read_person(self.seal(), request)
        answer = _to_login(request) if person is None else _refused(request, person)
        if answer is not None:
            await answer(scope, receive, send)
            return
        scope["hookline.person"] = person
        await self.app(scope, receive, send)


def _authorized(scope: Scope) -> bool:
    authorizer = (scope.get("aws.event") or {}).get("requestContext", {}).get("authorizer") or {}
    return bool(authorizer.get("iam") or authorizer.get("jwt"))


def _to_login(request: Request) -> Response:
    if request.method == "GET" and request.url.path == "/":
        return RedirectResponse(f"/login?{urllib.parse.urlencode({'to': f'/?{request.url.query}'})}", 303)
    return No(401, "login", "You are not logged in, or your hour is over.", "Open /login in a browser.").answer()


def _refused(request: Request, person: Person) -> Response | None:
    if request.method in SAFE:
        return None
    # A browser sends the cookie from wherever it is asked to.
    if foreign(request.headers, request.headers.get("host", "")):
        return No(403, "origin", "The request came from another site's page.", "Send it from this page.").answer()
    if person.role != "editor":
        return No(403, "viewer", "You may look and change nothing.", "Ask for the role of an editor.").answer()
    return None


def read_person(seal: Seal, request: Request) -> Person | None:
    """Who the cookie of a request says it is."""
    try:
        return Person.model_validate(seal.open(request.cookies.get(SESSION, ""), LASTS))
    except ValidationError:
        return None


class Login:
    """The routes of a login at the provider ``issuer``, for a public client of it; roles come from the claim ``groups``."""

    def __init__(self, issuer: str, client: str, groups: str, seal: Callable[[], Seal]) -> None:
        self.issuer, self.client, self.groups, self.seal = issuer.rstrip("/"), client, groups, seal

    def routes(self) -> list[Route]:
        return [Route("/login", self.begin), Route("/login/back", self.back), Route("/login/out", self.out)]

    async def begin(self, request: Request) -> Response:
        """Send a person to the provider, and keep here what the answer must match."""
        provider = await run_in_threadpool(_ask, f"{self.issuer}/.well-known/openid-configuration")
        to = request.query_params.get("to", "/")
        pending = {name: secrets.token_urlsafe(32) for name in ("state", "nonce", "verifier")}
        challenge = hashlib.sha256(pending["verifier"].encode()).digest()
        asked = {
            "response_type": "code", "client_id": self.client, "redirect_uri": _address(request, "/login/back"),
            "scope": "openid email profile", "state": pending["state"], "nonce": pending["nonce"],
            "code_challenge": _pack(challenge), "code_challenge_method": "S256",
        }  # fmt: skip
        answer = RedirectResponse(f"{provider['authorization_endpoint']}?{urllib.parse.urlencode(asked)}", 303)
        kept = self.seal().close({**pending, "to": to if HERE.match(to) else "/"})
        _keep(answer, request, PENDING, kept, BEGUN, "/login")
        return answer

    async def back(self, request: Request) -> Response:
        """Take the provider's answer: a code for an ID token, which says who it is and in which groups."""
        pending = self.seal().open(request.cookies.get(PENDING, ""), BEGUN)
        given = request.query_params
        if pending is None or not secrets.compare_digest(given.get("state", ""), pending["state"]):
            raise No(403, "login", "This answer belongs to no login that was begun here.", "Begin anew at /login.")
        if "code" not in given:
            told = clean(given.get("error_description") or given.get("error") or "it gave no code", 200)
            raise No(403, "login", f"The login was not carried out: {told}.", "Begin anew at /login.")
        claims = await run_in_threadpool(self._claims, given["code"], pending, _address(request, "/login/back"))
        person = self._person(claims)
        answer = RedirectResponse(pending["to"], 303)
        _keep(answer, request, SESSION, self.seal().close(person.model_dump()), LASTS, "/")
        answer.delete_cookie(PENDING, path="/login")
        return answer

    async def out(self, request: Request) -> Response:
        """Forget who it is, here and at the provider."""
        provider = await run_in_threadpool(_ask, f"{self.issuer}/.well-known/openid-configuration")
        asked = urllib.parse.urlencode({"client_id": self.client, "logout_uri": _address(request, "/")})
        answer = RedirectResponse(f"{provider.get('end_session_endpoint', f'{self.issuer}/logout')}?{asked}", 303)
        answer.delete_cookie(SESSION, path="/")
        return answer

    def _claims(self, code: str, pending: Mapping[str, Any], back: str) -> dict[str, Any]:
        provider = _ask(f"{self.issuer}/.well-known/openid-configuration")
        asked = {"grant_type": "authorization_code", "client_id": self.client, "code": code, "redirect_uri": back}
        told = _ask(provider["token_endpoint"], asked | {"code_verifier": pending["verifier"]})
        keys = {key["kid"]: key for key in _ask(provider["jwks_uri"])["keys"]}
        return read_token(told.get("id_token", ""), keys, self.issuer, self.client, pending["nonce"])

    def _person(self, claims: Mapping[str, Any]) -> Person:
        groups = claims.get(self.groups) or []
        name = clean(str(claims.get("email") or claims["sub"]), 200)
        for role in ("editor", "viewer"):
            if role in groups:
                return Person.model_validate({"name": name, "role": role})
        raise No(
            403, "role", f"{name} is neither a viewer nor an editor here.", "Ask to be put into one of the groups."
        )


def read_token(token: str, keys: Mapping[str, Any], issuer: str, client: str, nonce: str) -> dict[str, Any]:
    """The claims of an ID token that one of ``keys`` signed, by RS256, for this login.  Raises ``No`` for any other."""
    try:
        head, body, mark = token.split(".")
        header, claims = json.loads(_unpack(head)), json.loads(_unpack(body))
        key = keys[header["kid"]]
        if header["alg"] != "RS256" or key["kty"] != "RSA":
            raise ValueError(f"it is signed by {clean(header['alg'], 20)}")
        number = (int.from_bytes(_unpack(key[part])) for part in ("e", "n"))
        RSAPublicNumbers(*number).public_key().verify(_unpack(mark), f"{head}.{body}".encode(), PKCS1v15(), SHA256())
        audience = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
        right = (claims["iss"], claims["nonce"], claims.get("token_use", "id")) == (issuer, nonce, "id")
        if not right or audience != [client] or claims["exp"] < time.time() - LEEWAY or not claims["sub"]:
            raise ValueError("it was made for another login, or is over")
    except (ValueError, KeyError, TypeError, InvalidSignature) as error:
        why = clean(str(error), 100) or "its signature is wrong"
        raise No(403, "login", f"The provider's token can't be trusted: {why}.", "Begin anew at /login.") from error
    found: dict[str, Any] = claims
    return found


def _ask(address: str, form: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The provider's answer.  Raises ``No`` where it has none, with its error where it told one."""
    body = urllib.parse.urlencode(form).encode() if form is not None else None
    try:
        with urllib.request.urlopen(urllib.request.Request(address, body), timeout=PATIENCE) as answer:
            found: dict[str, Any] = json.loads(answer.read(1 << 20))
            return found
    except urllib.error.HTTPError as error:
        if form is not None and error.code == 400:
            raise No(403, "login", "The provider does not take this login.", "Begin anew at /login.") from error
        raise No(503, "provider", f"The login's provider answered {error.code}.", "Try again in a minute.") from error
    except (OSError, HTTPException, ValueError) as error:
        raise No(503, "provider", "The login's provider does not answer.", "Try again in a minute.") from error


def _address(request: Request, path: str) -> str:
    return str(URL(scope=request.scope).replace(path=path, query=""))


def _keep(answer: Response, request: Request, name: str, value: str, seconds: int, path: str) -> None:
    secure = request.url.scheme == "https"
    answer.set_cookie(name, value, max_age=seconds, path=path, secure=secure, httponly=True, samesite="lax")


def _pack(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _unpack(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
