"""The calls to the Graph API: messages, pictures, and the sign that somebody's message was read.

https://developers.facebook.com/documentation/business-messaging/whatsapp/reference/
"""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp

from bot.whatsapp.errors import GraphError, Uncertain, Unreachable
from bot.whatsapp.identity import Address

# A picture and its message together take less than `deliveries.CLAIM_FOR`.
TIMEOUT = aiohttp.ClientTimeout(total=20, sock_connect=5)
PRODUCT = {"messaging_product": "whatsapp"}


class GraphClient:
    """Talks to the Graph API for one business phone number.

    Args:
        http: session for the calls; stays the caller's.
        url: base address with the version, without a slash at the end.
        number: our number at Meta (`WHATSAPP_PHONE_NUMBER_ID`).
        token: `WHATSAPP_ACCESS_TOKEN`.
        timeout: of each call.
    """

    def __init__(
        self,
        http: aiohttp.ClientSession,
        url: str,
        number: str,
        token: str,
        timeout: aiohttp.ClientTimeout = TIMEOUT,
    ) -> None:
        self._http = http
        self._base = f"{url}/{number}"
        self._headers = {"Authorization": f"Bearer {token}"}
        self._timeout = timeout

    async def send(self, address: Address, body: dict[str, Any], key: str) -> str:
        """Sends one message; its id (wamid).

        Args:
            body: what bot/whatsapp/rendering.py made.
            key: comes back in every status of the message.

        Raises:
            GraphError: Meta refused it.
            Unreachable: it was not sent.
            Uncertain: it may have been sent.
        """
        # Who hides their number is reached by their business-scoped id.
        to = {"to": address.wa_id} if address.wa_id else {"recipient": address.user_id}
        message = {
            **PRODUCT,
            "recipient_type": "individual",
            **to,
            **body,
            "biz_opaque_callback_data": key,
        }
        answer = await self._post("messages", json=message)
        try:
            return str(answer["messages"][0]["id"])
        except (KeyError, IndexError, TypeError) as error:
            raise Uncertain("an answer without an id") from error

    async def upload(self, picture: bytes, content_type: str = "image/png") -> str:
        """Uploads a picture; its id, which holds for 30 days.

        Raises:
            GraphError, Unreachable, Uncertain: as for `send`; nobody got anything yet.
        """
        form = aiohttp.FormData()
        form.add_field("messaging_product", "whatsapp")
        form.add_field("type", content_type)
        form.add_field("file", picture, filename="startwijzer.png", content_type=content_type)
        answer = await self._post("media", data=form)
        try:
            return str(answer["id"])
        except (KeyError, TypeError) as error:
            raise Uncertain("an answer without an id") from error

    async def mark_read(self, wamid: str) -> None:
        """Two blue ticks, and "typing" for at most 25 seconds or until our next message.

        Raises:
            GraphError, Unreachable, Uncertain: as for `send`.
        """
        read = {"status": "read", "message_id": wamid, "typing_indicator": {"type": "text"}}
        await self._post("messages", json={**PRODUCT, **read})

    async def _post(self, path: str, **content: Any) -> Any:
        try:
            async with self._http.post(
                f"{self._base}/{path}",
                headers=self._headers,
                timeout=self._timeout,
                allow_redirects=False,
                **content,
            ) as response:
                answer = await _json(response)
                if response.status != 200:
                    raise GraphError.read(_error(answer), response.status)
                return answer
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise Unreachable(type(error).__name__) from error
        except (aiohttp.ClientError, asyncio.TimeoutError) as error:
            raise Uncertain(type(error).__name__) from error


async def _json(response: aiohttp.ClientResponse) -> Any:
    try:
        return await response.json(content_type=None)
    except ValueError:
        return None


def _error(answer: Any) -> Any:
    return answer.get("error") if isinstance(answer, dict) else None
