"""The front door: who may post an activity to us, and what an invoke is answered with. The only place of SDK types.

botbuilder 4.17.1 is archived by its maker, and its CloudAdapter answers forged tokens and broken bodies with 500 and
cannot serialise an answer with a body. This subclass checks first and hands the SDK only what stood the check.
"""

from __future__ import annotations

import asyncio
import json
import logging
import math
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

import jwt
from aiohttp import web
from botbuilder.core import InvokeResponse, TurnContext
from botbuilder.integration.aiohttp import CloudAdapter
from botbuilder.schema import Activity
from botframework.connector.auth import (
    AuthenticateRequestResult,
    AuthenticationConstants,
    BotFrameworkAuthenticationFactory,
    PasswordServiceClientCredentialFactory,
    ServiceClientCredentialsFactory,
)
from botframework.connector.auth.jwt_token_extractor import JwtTokenExtractor
from botframework.connector.auth.managedidentity_service_client_credential_factory import (
    ManagedIdentityServiceClientCredentialsFactory,
)

from adapters.teams.keys import KeysDown, SigningKeys
from adapters.teams.settings import TeamsSettings, read_secret
from bot.errors import BadInput

LARGEST = 256 * 1024
"""Bytes of an activity: a message is at most 100 KB, and a message that somebody points at comes with another."""
ISSUER = AuthenticationConstants.TO_BOT_FROM_CHANNEL_TOKEN_ISSUER

Payload = Mapping[str, Any]
"""An activity as it was sent, once the front door let it in."""

_log = logging.getLogger("askfirst.teams")


@dataclass(frozen=True)
class InvokeAnswer:
    """What an invoke is answered with."""

    body: Mapping[str, Any]
    status: int = 200


Turn = Callable[[Payload], Awaitable[InvokeAnswer | None]]
"""What is done with an activity; an answer for an invoke, None for everything else."""


class SafeAdapter(CloudAdapter):  # type: ignore[misc]
    """Lets in activities of Teams for this app, from tenants that we serve, and nothing else (SECURITY T02)."""

    def __init__(
        self,
        settings: TeamsSettings,
        clock: Callable[[], float] = time.monotonic,
        credentials: ServiceClientCredentialsFactory | None = None,
    ) -> None:
        # The SDK looks its keys up here, by the address of the OpenID document.
        JwtTokenExtractor.metadataCache[settings.openid] = SigningKeys(settings.openid, clock)
        self.credentials = credentials or credentials_of(settings)
        self._settings = settings
        self._ours: Any = None
        constants = AuthenticationConstants
        super().__init__(
            BotFrameworkAuthenticationFactory.create(
                to_channel_from_bot_login_url=constants.TO_CHANNEL_FROM_BOT_LOGIN_URL_PREFIX + settings.tenant,
                to_channel_from_bot_oauth_scope=constants.TO_CHANNEL_FROM_BOT_OAUTH_SCOPE,
                to_bot_from_channel_token_issuer=ISSUER,
                oauth_url=constants.OAUTH_URL,
                to_bot_from_channel_open_id_metadata_url=settings.openid,
                to_bot_from_emulator_open_id_metadata_url=settings.openid,
                credential_factory=self.credentials,
            )
        )

    async def process(self, request: web.Request, bot: Turn, ws_response: object = None) -> web.Response:
        """Check the request and do the turn. 4xx for what does not stand the check, 503 while nobody can be checked."""
        if request.method != "POST":
            raise web.HTTPMethodNotAllowed(request.method, ["POST"])
        header = self._header(request)
        payload = await _read(request)
        activity = _activity(payload)
        who = await self._authenticated(activity, header)
        if not self._served(payload):
            raise web.HTTPForbidden
        answer = await self.process_activity(who, activity, partial(_turn, bot, payload))
        if answer is None:
            return web.Response(status=200)
        return web.json_response(answer.body, status=int(answer.status))

    def _header(self, request: web.Request) -> str | None:
        """The one Authorization header; None in development, for callers on this machine."""
        if self._settings.development:
            if request.remote not in ("127.0.0.1", "::1"):
                raise web.HTTPUnauthorized
            return None
        headers = request.headers.getall("Authorization", [])
        if len(headers) != 1 or not _may_be_from_the_connector(headers[0]):
            raise web.HTTPUnauthorized
        return headers[0]

    async def _authenticated(self, activity: Activity, header: str | None) -> AuthenticateRequestResult:
        try:
            who = await self.bot_framework_authentication.authenticate_request(activity, header)
        except KeysDown as error:
            _log.error("KeysDown: the address of the OpenID document does not answer")
            raise web.HTTPServiceUnavailable from error
        except Exception as error:
            # The SDK says "no" with PermissionError, PyJWTError and bare Exception alike.
            _log.warning("turned away: %s", type(error).__name__)
            raise web.HTTPUnauthorized from error
        if header is not None and not _ends(who.claims_identity.claims):
            raise web.HTTPUnauthorized
        return who

    def _served(self, payload: Payload) -> bool:
        """True for a tenant and an address that we serve."""
        tenant = tenant_of(payload)
        return (
            tenant is not None and self._settings.lets_in(tenant) and self._settings.may_send_to(payload["serviceUrl"])
        )

    async def token(self) -> str:
        """What we show the Connector, "" in development. The SDK keeps it until it runs out.

        Raises PermissionError, or an error of the network, where Microsoft does not take the secret (SECURITY F10).
        """
        if self._settings.development:
            return ""
        if self._ours is None:
            url = AuthenticationConstants.TO_CHANNEL_FROM_BOT_LOGIN_URL_PREFIX + self._settings.tenant
            scope = AuthenticationConstants.TO_CHANNEL_FROM_BOT_OAUTH_SCOPE
            self._ours = await self.credentials.create_credentials(self._settings.app_id, scope, url, True)
        try:
            # The SDK asks Microsoft in a way that would hold up everybody.
            return str(await asyncio.to_thread(self._ours.get_access_token))
        except PermissionError:
            _log.error("PermissionError: Microsoft does not take the secret; nothing can be sent until it does")
            self._renew_secret()
            raise

    def _renew_secret(self) -> None:
        """Take a new secret from its file, so that notices go on without a restart."""
        if self._settings.secret_file is not None:
            with suppress(BadInput):
                self.credentials.password = read_secret(self._settings.secret_file)
        self._ours = None


def tenant_of(payload: Payload) -> str | None:
    """The tenant of a Teams activity; the SDK's own field for it is always empty."""
    data = payload.get("channelData")
    tenant = data.get("tenant") if isinstance(data, dict) else None
    found = tenant.get("id") if isinstance(tenant, dict) else None
    return found.lower() if isinstance(found, str) else None


def credentials_of(settings: TeamsSettings) -> ServiceClientCredentialsFactory:
    """The SDK's own for this app: a secret, or the machine's managed identity."""
    if settings.managed_identity:
        return ManagedIdentityServiceClientCredentialsFactory(settings.app_id)
    return PasswordServiceClientCredentialFactory(settings.app_id, settings.secret, settings.tenant)


def _may_be_from_the_connector(header: str) -> bool:
    """A look before any work: the SDK would also take tokens of emulators and of other bots."""
    scheme, _, token = header.partition(" ")
    if scheme != "Bearer" or len(header) > 16 * 1024:
        return False
    try:
        claims = jwt.decode(token, options={"verify_signature": False})
        return jwt.get_unverified_header(token).get("alg") == "RS256" and claims.get("iss") == ISSUER
    except (jwt.PyJWTError, ValueError, RecursionError):
        return False


def _ends(claims: Mapping[str, Any]) -> bool:
    """True for a token that expires: the SDK checks the day only where there is one."""
    ends = claims.get("exp")
    return isinstance(ends, int | float) and not isinstance(ends, bool) and math.isfinite(ends)


async def _read(request: web.Request) -> Payload:
    if request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType
    body = b""
    async for chunk in request.content.iter_chunked(64 * 1024):
        body += chunk
        if len(body) > LARGEST:
            raise web.HTTPRequestEntityTooLarge(LARGEST, len(body))
    try:
        payload = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise web.HTTPBadRequest from error
    if not isinstance(payload, dict):
        raise web.HTTPBadRequest
    return payload


def _activity(payload: Payload) -> Activity:
    """What the SDK has to know. The rest of the payload never goes through its models, which drop and change fields."""
    conversation, sender = payload.get("conversation"), payload.get("from")
    needed = (payload.get("type"), payload.get("serviceUrl"), payload.get("channelId"))
    if not all(isinstance(each, str) and each for each in needed):
        raise web.HTTPBadRequest
    if not isinstance(conversation, dict) or not isinstance(conversation.get("id"), str):
        raise web.HTTPBadRequest
    if not isinstance(sender, dict) or not isinstance(sender.get("id"), str):
        raise web.HTTPBadRequest
    if payload["channelId"] != "msteams":
        raise web.HTTPUnauthorized
    return Activity(type=needed[0], service_url=needed[1], channel_id=needed[2])


async def _turn(bot: Turn, payload: Payload, context: TurnContext) -> None:
    """One turn of the SDK."""
    answer = await bot(payload)
    if payload["type"] == "invoke":
        found = answer or InvokeAnswer({}, 501)
        response = InvokeResponse(status=found.status, body=dict(found.body))
        await context.send_activity(Activity(type="invokeResponse", value=response))
