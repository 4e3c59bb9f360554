"""timm's own weights: the safetensors file of a network on the model hub, from the local cache or by download."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies

from huggingface_hub import constants, hf_hub_download, try_to_load_from_cache
from huggingface_hub.errors import HfHubHTTPError

from corelate.errors import WeightsError

WEIGHTS_FILE = "model.safetensors"


def download_weights(timm_name: str, config: dict[str, Any]) -> Path:
    """Return the local copy of a network's safetensors file, downloaded first if it is not there.

    timm itself falls back to pickled files; those are never taken here.

    Raises:
        WeightsError: The network has no such file, or the hub can't be reached.
    """
    advice = "pass a safetensors file with --weights FILE, or --weights none to start from random weights"
    repository = config.get("hf_hub_id")
    if not repository:
        raise WeightsError(f"timm offers no safetensors weights for {timm_name}; {advice}")
    cached = try_to_load_from_cache(repository, WEIGHTS_FILE)
    if isinstance(cached, str):
        return Path(cached)
    if not _hub_can_be_found():
        raise WeightsError(f"timm's weights for {timm_name} are not on this machine and there is no network; {advice}")
    try:
        return Path(hf_hub_download(repository, WEIGHTS_FILE))
    except (OSError, ValueError, HfHubHTTPError) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise WeightsError(f"timm's weights for {timm_name} can't be downloaded ({reason}); {advice}") from error


def _hub_can_be_found() -> bool:
    """Whether a download is worth trying: the hub's client alone would retry for a minute without a network."""
    if constants.HF_HUB_OFFLINE:
        return False
    if getproxies().get("https") or os.environ.get("ALL_PROXY"):
        return True
    host = urlsplit(constants.ENDPOINT).hostname or ""
    try:
        socket.getaddrinfo(host, 443)
    except OSError:
        return False
    return True
