"""Who may see golds, reject rows and label: a key with the scope `admin`, or without keys a person at this machine.

Without keys nothing but the connection says who asks, so a web page that is open in that person's browser must not
be able to ask for them: the address, the name it was called by and the page it comes from must all be this machine's.
"""

from __future__ import annotations

import ipaddress
from typing import Any
from urllib.parse import urlsplit

from fastapi import Request

from services.reward_api.problems import Refused

SCOPE = "admin"
_FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip")


def insist(request: Request) -> None:
    """Raises Refused (403) for who may not review, 415 for a body that a form could have sent."""
    fault = why_not(request)
    if fault:
        raise Refused(403, "not_a_reviewer", fault)
    if request.method not in ("GET", "DELETE") and not _is_json(request):
        raise Refused(415, "not_json", "Send the body as application/json.")


def why_not(request: Request) -> str:
    """Why this request may not review; empty where it may."""
    caller: Any = getattr(request.state, "caller", None)
    if caller is not None and caller.key:
        return "" if SCOPE in caller.scopes else f"This needs a key with the scope {SCOPE}."
    if request.client is None or not _is_loopback(request.client.host):
        return "Without keys this is for the machine that the service runs on."
    if any(name in request.headers for name in _FORWARDED):
        return "Without keys this is not for requests that a proxy passed on."
    host = request.headers.get("host", "")
    if not _is_loopback(_name_of(host)):
        return "Without keys this is only for the service's own address, 127.0.0.1 or localhost."
    origin = request.headers.get("origin", f"http://{host}")
    site = request.headers.get("sec-fetch-site", "none")
    if origin.partition("://")[2] != host or site not in ("same-origin", "none"):
        return "Without keys this is only for the service's own page."
    return ""


def _name_of(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_json(request: Request) -> bool:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower() == "application/json"
