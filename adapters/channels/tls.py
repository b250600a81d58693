"""Trust: which certificates a channel accepts.

In: a ChannelSpec. Out: a TLS context that checks names and certificates, always. Not here: which hosts are reached (`adapters.addresses`).
"""

from __future__ import annotations

import ssl

import httpx

from adapters.channels.options import text, wrong
from engine.model import ChannelSpec


def trusted(spec: ChannelSpec) -> ssl.SSLContext:
    """The usual authorities, or those of `options.ca_file` alone: a gateway inside often has an authority of its own."""
    file = text(spec, "ca_file")
    if not file:
        return httpx.create_ssl_context(trust_env=False)
    try:
        return ssl.create_default_context(cafile=file)
    except OSError as fault:
        raise wrong(spec, "ca_file", "读不了，应是 PEM 格式的证书文件") from fault
