"""Logging in with the gemeente's own accounts: OpenID Connect, authorization code with PKCE."""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web
from authlib.common.errors import AuthlibBaseError  # type: ignore[import-untyped]
from authlib.integrations.httpx_client import AsyncOAuth2Client  # type: ignore[import-untyped]
from authlib.oidc.core import CodeIDToken  # type: ignore[import-untyped]
from cryptography.fernet import InvalidToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from bot.console import access, context, sessions
from bot.console.html import render, see_other
from bot.console.page import Page
from bot.console.security import safe_next
from bot.database import now
from bot.privacy.keys import Cipher
from bot.settings import Settings, SettingsError
from bot.staff import audit, federated
from bot.staff.roles import ROLES

# authlib takes httpx2 where it is installed, and then raises its errors.
try:
    import httpx2 as httpx
except ImportError:
    import httpx  # type: ignore[no-redef]

logger = logging.getLogger(__name__)
PATH = "/aanmelden/oidc"
COOKIE = "console-oidc"
COOKIE_SECONDS = 600
TIMEOUT_SECONDS = 10.0
# Only signatures that the provider alone can make: never `none`, and no HMAC, whose key we share.
ALGORITHMS = ["RS256", "PS256", "ES256", "ES384", "EdDSA"]
CLOCK_SECONDS = 60


class Refused(Exception):
    """The provider gave no answer, or none to trust; the message is for the log."""


def pages() -> list[Page]:
    """The way to the provider and back."""
    return [
        Page("GET", PATH, leave, None),
        Page("GET", f"{PATH}/terug", come_back, None),
    ]


def check(settings: Settings) -> None:
    """Whether the settings fit together.

    Raises:
        SettingsError: something is missing, unsafe or unknown.
    """
    if not settings.oidc_issuer:
        return
    if not settings.oidc_client_id or not settings.oidc_roles:
        raise SettingsError("Met OIDC_ISSUER zijn ook OIDC_CLIENT_ID en OIDC_ROLES nodig.")
    if settings.production and urlsplit(settings.oidc_issuer).scheme != "https":
        raise SettingsError("OIDC_ISSUER moet in productie met https:// beginnen.")
    unknown = sorted(set(settings.oidc_roles.values()) - set(ROLES))
    if unknown:
        raise SettingsError(f"OIDC_ROLES noemt {', '.join(unknown)}. Kies uit: {', '.join(ROLES)}.")


async def leave(request: web.Request) -> web.StreamResponse:
    """To the provider, with what it must give back kept in a cookie that only we can read."""
    _configured(request)
    kept = {
        "nonce": secrets.token_urlsafe(32),
        "verifier": secrets.token_urlsafe(48),
        "next": safe_next(request.query.get(access.NEXT)),
        "until": now().timestamp() + COOKIE_SECONDS,
    }
    try:
        async with _client(request) as client:
            provider = await _metadata(request, client)
            address, kept["state"] = client.create_authorization_url(
                provider["authorization_endpoint"],
                code_verifier=kept["verifier"],
                nonce=kept["nonce"],
            )
    except (Refused, httpx.HTTPError, ValueError, KeyError) as error:
        return await _failed(request, error)
    response = web.Response(status=302, headers={"Location": address})
    _set_cookie(request, response, _cipher(request).encrypt(json.dumps(kept)).decode())
    return response


async def come_back(request: web.Request) -> web.StreamResponse:
    """From the provider: checks everything that it says, and lets someone in."""
    _configured(request)
    try:
        kept = _kept(request)
        claims = await _claims(request, kept)
        token = await asyncio.to_thread(_admit, request, claims)
    except federated.NotAdmitted:
        await asyncio.to_thread(_record_failure, request)
        response = render(request, "access/oidc_no_role.html", {}, 403)
    except (
        Refused, httpx.HTTPError, AuthlibBaseError, JoseError, ValueError, KeyError, TypeError,
    ) as error:  # fmt: skip
        response = await _failed(request, error)
    else:
        await asyncio.to_thread(access.end_session, request, sessions.current(request).token)
        sessions.begin(request, token)
        response = see_other(kept["next"])
    _set_cookie(request, response, "")
    return response


async def _claims(request: web.Request, kept: dict[str, Any]) -> dict[str, Any]:
    """What the provider says of this person, after all checks (OpenID Connect Core, 3.1.3.7)."""
    settings, query = context.settings(request), request.query
    if not secrets.compare_digest(query.get("state", "").encode(), kept["state"].encode()):
        raise Refused("state differs")
    if query.get("iss", settings.oidc_issuer) != settings.oidc_issuer:  # RFC 9207
        raise Refused("answer of another issuer")
    if "error" in query or "code" not in query:
        raise Refused("the provider gave no code")
    async with _client(request) as client:
        provider = await _metadata(request, client)
        tokens = await client.fetch_token(
            provider["token_endpoint"], code=query["code"], code_verifier=kept["verifier"]
        )
        keys = KeySet.import_key_set(await _json(client, provider["jwks_uri"]))  # type: ignore[arg-type]
        claims = _checked(settings, tokens, keys, kept["nonce"])
        if "userinfo_endpoint" in provider:
            more = await _json(client, provider["userinfo_endpoint"], with_token=True)
            if more.get("sub") != claims["sub"]:
                raise Refused("userinfo of somebody else")
            claims = {**more, **claims}
    return claims


def _checked(
    settings: Settings, tokens: dict[str, Any], keys: KeySet, nonce: str
) -> dict[str, Any]:
    registry = JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
    decoded = jwt.decode(tokens["id_token"], keys, registry=registry)
    found = CodeIDToken(
        decoded.claims,
        decoded.header,
        {
            "iss": {"essential": True, "value": settings.oidc_issuer},
            "aud": {"essential": True, "value": settings.oidc_client_id},
            "nonce": {"essential": True, "value": nonce},
        },
        {
            "nonce": nonce,
            "client_id": settings.oidc_client_id,
            "access_token": tokens.get("access_token"),
        },
    )
    found.validate(leeway=CLOCK_SECONDS)
    if not isinstance(found["sub"], str) or not 0 < len(found["sub"]) <= 255:
        raise Refused("no usable sub")
    return dict(found)


def _client(request: web.Request) -> AsyncOAuth2Client:
    settings = context.settings(request)
    return AsyncOAuth2Client(
        settings.oidc_client_id,
        settings.oidc_client_secret or None,
        scope="openid profile email",
        redirect_uri=f"{settings.public_url}{context.ROOT}{PATH}/terug",
        code_challenge_method="S256",
        token_endpoint_auth_method=(
            "client_secret_basic" if settings.oidc_client_secret else "none"
        ),
        timeout=TIMEOUT_SECONDS,
    )


async def _metadata(request: web.Request, client: AsyncOAuth2Client) -> dict[str, Any]:
    """What the provider says of itself (OpenID Connect Discovery, 4), fresh each time."""
    issuer = context.settings(request).oidc_issuer
    address = f"{issuer.rstrip('/')}/.well-known/openid-configuration"
    found = await _json(client, address)
    if found.get("issuer") != issuer:
        raise Refused("metadata of another issuer")
    return found


async def _json(
    client: AsyncOAuth2Client, address: str, with_token: bool = False
) -> dict[str, Any]:
    response = await client.request("GET", address, withhold_token=not with_token)
    response.raise_for_status()
    found = response.json()
    if not isinstance(found, dict):
        raise Refused("no object in the answer")
    return found


def _admit(request: web.Request, claims: dict[str, Any]) -> str:
    settings = context.settings(request)
    rules = federated.Rules(
        settings.oidc_roles_claim,
        settings.oidc_roles,
        settings.oidc_gemeenten_claim,
        settings.oidc_gemeenten,
    )
    with context.database(request).session() as session:
        return federated.admit(session, rules, claims, access.browser(request))[1]


async def _failed(request: web.Request, error: Exception) -> web.Response:
    why = str(error) if isinstance(error, Refused) else type(error).__name__
    logger.warning("login with OpenID Connect refused: %s", why)
    await asyncio.to_thread(_record_failure, request)
    return render(request, "access/oidc_failed.html", {}, 422)


def _record_failure(request: web.Request) -> None:
    with context.database(request).session() as session:
        audit.record(session, None, "login_failed", "account van de gemeente")


def _configured(request: web.Request) -> None:
    if not context.settings(request).oidc_issuer:
        raise web.HTTPNotFound


def _kept(request: web.Request) -> dict[str, Any]:
    try:
        raw = request.cookies.get(COOKIE, "").encode()
        kept: dict[str, Any] = json.loads(_cipher(request).decrypt(raw))
    except (InvalidToken, ValueError) as error:
        raise Refused("no cookie of ours") from error
    if kept["until"] < now().timestamp():
        raise Refused("it took too long")
    return kept


def _cipher(request: web.Request) -> Cipher:
    return Cipher(context.settings(request).secret_key, "console oidc")


def _set_cookie(request: web.Request, response: web.Response, value: str) -> None:
    response.set_cookie(
        COOKIE,
        value,
        path=context.ROOT + PATH,
        max_age=COOKIE_SECONDS if value else 0,
        secure=sessions.is_secure(request),
        httponly=True,
        samesite="Lax",
    )
