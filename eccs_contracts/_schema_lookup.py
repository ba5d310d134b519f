"""A short way to a schema by its id, over plain HTTP.

Importing the registry's client takes longer than all else that a command for one dead letter does. Whatever is not the
plain case (HTTPS, a proxy, a token, several addresses, any answer but 200) is left to that client, its errors included.
"""

from __future__ import annotations

import base64
import json
import os
import time
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException
from typing import Any, Final
from urllib.parse import urlsplit

_PLAIN: Final = frozenset(("url", "timeout", "max.retries", "basic.auth.user.info"))
_PROXIES: Final = ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY")
_LARGEST: Final = 4 * 1_048_576  # bytes of an answer
_PIECE: Final = 65_536


def schema_over_http(config: Mapping[str, Any], schema_id: int) -> str | None:
    """Return the text of an Avro schema that refers to no other one; None if the registry's client must be asked.

    Args:
        config: settings of confluent-kafka's client; `timeout` bounds the whole exchange, in seconds.
        schema_id: the id, as it stands in front of a value.
    """
    try:
        address = urlsplit(str(config["url"]))
        if address.scheme != "http" or not address.hostname or not _is_plain(config, address.netloc):
            return None
        path = f"{address.path.rstrip('/')}/schemas/ids/{schema_id}"
        return _text(_answer(address.hostname, address.port or 80, path, config))
    except (OSError, HTTPException, ValueError):
        return None


def _is_plain(config: Mapping[str, Any], netloc: str) -> bool:
    return set(config) <= _PLAIN and not {"@", ","} & set(netloc) and not any(map(os.environ.get, _PROXIES))


def _answer(host: str, port: int, path: str, config: Mapping[str, Any]) -> bytes | None:
    deadline = time.monotonic() + float(config["timeout"])
    connection = HTTPConnection(host, port, timeout=float(config["timeout"]))
    try:
        connection.request("GET", path, headers=_headers(config))
        response = connection.getresponse()
        found = bytearray()
        while response.status == 200 and (piece := response.read1(_PIECE)):
            found += piece
            if len(found) > _LARGEST or time.monotonic() > deadline:
                return None
        return bytes(found) if response.status == 200 else None
    finally:
        connection.close()


def _headers(config: Mapping[str, Any]) -> dict[str, str]:
    user = config.get("basic.auth.user.info")
    ours = {"Accept": "application/vnd.schemaregistry.v1+json", "Accept-Encoding": "identity"}
    return {**ours, "Authorization": f"Basic {base64.b64encode(user.encode()).decode()}"} if user else ours


def _text(answer: bytes | None) -> str | None:
    found = json.loads(answer) if answer else None
    if not isinstance(found, dict) or found.get("references") or found.get("schemaType", "AVRO") != "AVRO":
        return None
    text = found.get("schema")
    return text if isinstance(text, str) else None
