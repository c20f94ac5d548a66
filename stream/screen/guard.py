"""Who may have the page: this machine's own browsers, or whoever knows a token."""

import hmac
import ipaddress
from urllib.parse import urlsplit

TOKEN = "DEMUCS_STREAM_TOKEN"  # of the page server's environment


def local(host: str) -> bool:
    """Whether a host's name or address is this machine's own, which nobody else reaches."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def own_name(host: str) -> bool:
    """Whether a browser that asked a host by this name, with its port, asked this machine."""
    try:
        return local(urlsplit(f"//{host}").hostname or "")
    except ValueError:
        return False


def foreign(origin: str | None, host: str) -> bool:
    """Whether a browser asks a host by this name for a page that came from elsewhere."""
    try:
        return origin is not None and urlsplit(origin).netloc != host
    except ValueError:
        return True


def same(given: str, token: str) -> bool:
    """Whether somebody knows the token; how long that takes says nothing of it."""
    return hmac.compare_digest(given.encode(errors="replace"), token.encode())
