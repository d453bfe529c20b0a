"""The login: who may come in, as what, and what of a provider's answer is believed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from starlette.testclient import TestClient

from agent.settings import Settings, SettingsError, load
from doors.page.app import build, build_login, seal_of
from doors.page.login import LASTS, PENDING, SESSION, Seal
from tests.doors.page.test_app import GHOST, studio
from tests.fakes.provider import CLIENT, Provider, provider

HOME = "http://127.0.0.1:8765"
KEY = "0123456789abcdef0123456789abcdef"
WRITES = ("/chat", "/videos", f"/runs/{GHOST}/thumbs", f"/runs/{GHOST}/approval", f"/runs/{GHOST}/share")


@pytest.fixture
def at() -> Iterator[Provider]:
    with provider() as made:
        made.backs, made.outs = {f"{HOME}/login/back"}, {f"{HOME}/"}
        yield made


def settings(folder: Path, at: Provider) -> Settings:
    login = {"login_issuer": at.issuer, "login_client": CLIENT, "login_key": KEY}
    return load(environ={}, home=str(folder), outbox=str(folder / "outbox"), **login)


@pytest.fixture
def door(tmp_path: Path, at: Provider) -> Iterator[TestClient]:
    with TestClient(build(settings(tmp_path, at), studio(tmp_path)), base_url=HOME, follow_redirects=False) as client:
        yield client


def signed(door: TestClient, person: str, to: str = "/") -> Any:
    """The answer to who comes back from the provider."""
    there = door.get("/login", params={"to": to}).headers["location"]
    asked = {name: values[0] for name, values in parse_qs(urlsplit(there).query).items()}
    site = there.partition("/oauth2")[0]
    assert httpx.get(there).status_code == 200
    return door.get(httpx.post(f"{site}/signed", data={**asked, "person": person}).headers["location"])


def test_a_stranger_is_led_to_the_login_and_back_to_where_they_were(door: TestClient) -> None:
    first = door.get(f"/?run={GHOST}")
    assert first.status_code == 303
    assert parse_qs(urlsplit(first.headers["location"]).query) == {"to": [f"/?run={GHOST}"]}
    back = signed(door, "ada@example.com", f"/?run={GHOST}")
    assert (back.status_code, back.headers["location"]) == (303, f"/?run={GHOST}")
    cookie = back.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    page = door.get("/")
    assert page.status_code == 200
    assert "ada@example.com, editor" in page.text


@pytest.mark.parametrize(
    "path", ["/runs", "/videos", f"/runs/{GHOST}", f"/runs/{GHOST}/files/promo_1x1.mp4", "/openapi.json"]
)
def test_nothing_is_told_to_who_has_not_logged_in(door: TestClient, path: str) -> None:
    answer = door.get(path)
    assert (answer.status_code, answer.json()["code"]) == (401, "login")
    assert door.get("/static/page.css").status_code == 200


@pytest.mark.parametrize("path", WRITES)
def test_a_viewer_looks_and_changes_nothing(door: TestClient, path: str) -> None:
    assert door.post(path, json={}).status_code == 401
    signed(door, "vic@example.com")
    assert door.get("/runs").status_code == 200
    answer = door.post(path, json={})
    assert (answer.status_code, answer.json()["code"]) == (403, "viewer")
    page = door.get("/").text
    assert 'id="upload"' not in page
    assert 'id="chat"' not in page


def test_an_editor_is_heard_but_not_from_another_sites_page(door: TestClient) -> None:
    signed(door, "ada@example.com")
    assert door.post("/chat", json={"message": "make a 30s promo", "video": GHOST}).status_code == 404
    foreign = {"Origin": "https://evil.example"}
    assert door.post("/chat", json={}, headers=foreign).json()["code"] == "origin"


def test_who_is_in_neither_group_does_not_come_in(door: TestClient) -> None:
    answer = signed(door, "zoe@example.com")
    assert (answer.status_code, answer.json()["code"]) == (403, "role")
    assert SESSION not in door.cookies


def test_who_logs_out_is_a_stranger_again(door: TestClient) -> None:
    signed(door, "ada@example.com")
    assert door.get("/login/out").headers["location"].endswith("logout_uri=http%3A%2F%2F127.0.0.1%3A8765%2F")
    assert door.get("/runs").status_code == 401


@pytest.mark.parametrize(
    "to", ["https://evil.example/", "//evil.example", "/\\evil.example", "/runs/x/files/y", "javascript:1"]
)
def test_a_login_leads_nowhere_else(door: TestClient, to: str) -> None:
    assert signed(door, "ada@example.com", to).headers["location"] == "/"


OTHER = rsa.generate_private_key(65537, 2048)


@pytest.mark.parametrize(
    "wrong",
    [
        {"claims": {"iss": "https://elsewhere.example"}},
        {"claims": {"aud": "another"}},
        {"claims": {"aud": [CLIENT, "another"]}},
        {"claims": {"exp": int(time.time()) - 3600}},
        {"claims": {"nonce": "of another login"}},
        {"claims": {"token_use": "access"}},
        {"algorithm": "none"},
        {"algorithm": "HS256"},
        {"key": OTHER},
    ],
    ids=(
        "another issuer",
        "another page",
        "two pages",
        "run out",
        "another login",
        "an access token",
        "unsigned",
        "by a shared key",
        "by another key",
    ),
)
def test_a_token_of_another_make_is_not_believed(door: TestClient, at: Provider, wrong: dict[str, Any]) -> None:
    for name, value in wrong.items():
        setattr(at, name, value)
    answer = signed(door, "ada@example.com")
    assert (answer.status_code, answer.json()["code"]) == (403, "login")
    assert door.get("/runs").status_code == 401


def test_an_answer_of_a_login_that_was_not_begun_here_is_refused(door: TestClient, at: Provider) -> None:
    assert door.get("/login/back", params={"code": "x", "state": "y"}).status_code == 403
    door.get("/login")
    assert door.get("/login/back", params={"code": "x", "state": "y"}).status_code == 403
    there = door.get("/login").headers["location"]
    state = parse_qs(urlsplit(there).query)["state"][0]
    page = door.get("/login/back", params={"state": state, "error": "access_denied"}, headers={"accept": "text/html"})
    assert page.status_code == 403
    assert "access_denied" in page.text
    assert door.get("/login/back", params={"code": "stolen", "state": state}).status_code == 403
    assert at.refused == ["invalid_grant"]


def test_a_cookie_counts_an_hour_and_only_as_it_was_sealed(door: TestClient, tmp_path: Path) -> None:
    signed(door, "ada@example.com")
    seal, cookie = Seal(KEY), door.cookies[SESSION]
    assert seal.open(cookie, LASTS) == {"name": "ada@example.com", "role": "editor"}
    time.sleep(1.1)
    assert seal.open(cookie, 0) is None
    for forged in (cookie[:-2] + "AA", Seal("x" * 32).close({"name": "eve", "role": "editor"}), "rubbish", "é"):
        door.cookies.clear()
        assert door.get("/runs", headers={"cookie": f"{SESSION}={forged}".encode()}).status_code == 401
    pending = seal.close({"state": "s", "nonce": "n", "verifier": "v", "to": "/"})
    assert door.get("/runs", headers={"cookie": f"{SESSION}={pending}"}).status_code == 401, "a login is no session"
    assert PENDING != SESSION


def test_a_provider_that_does_not_answer_is_told_as_that(tmp_path: Path, at: Provider) -> None:
    away = settings(tmp_path, at).model_copy(update={"login_issuer": "http://127.0.0.1:9"})
    with TestClient(build_login(away), base_url=HOME, follow_redirects=False) as door:
        answer = door.get("/login")
        assert (answer.status_code, answer.json()["code"]) == (503, "provider")


def test_the_login_alone_has_no_other_route(tmp_path: Path, at: Provider) -> None:
    with TestClient(build_login(settings(tmp_path, at)), base_url=HOME, follow_redirects=False) as door:
        assert door.get("/login").status_code == 303
        assert door.get("/runs").status_code == 404


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"login_key": "short"}, "32 characters"),
        ({"login_issuer": "http://login.example.com", "login_client": "x", "login_key": KEY}, "neither https"),
        ({"login_issuer": "https://login.example.com"}, "HOOKLINE_LOGIN_CLIENT"),
    ],
)
def test_half_a_login_is_refused_at_the_start(given: dict[str, str], told: str) -> None:
    with pytest.raises(SettingsError, match=told):
        load(environ={}, **given)


def test_without_a_login_the_page_is_as_it_was(tmp_path: Path) -> None:
    plain = load(environ={}, home=str(tmp_path), outbox=str(tmp_path / "outbox"))
    with TestClient(build(plain, studio(tmp_path)), base_url=HOME) as door:
        assert door.get("/runs").status_code == 200
        assert "Log out" not in door.get("/").text
        assert door.get("/login").status_code == 404


def test_sessions_are_sealed_by_one_seal(at: Provider, tmp_path: Path) -> None:
    assert seal_of(settings(tmp_path, at)) is seal_of(settings(tmp_path, at))
