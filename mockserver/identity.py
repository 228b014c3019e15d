"""Who a reply is: its ids and its padding, drawn from the seed, the request and the attempt.

Nothing here depends on the order of requests or on the number of workers: the third time a request
is asked, it gets the same ids in every run with the same seed.
"""

from __future__ import annotations

import hashlib
import random
import string
from functools import lru_cache
from typing import NamedTuple

_LETTERS = (string.ascii_letters + string.digits).encode("ascii")
# 62 letters over 256 byte values: a bias nobody can see in an id
_AS_LETTER = bytes(_LETTERS[value % 62] for value in range(256))
# what obfuscation is cut from: a piece of up to 15 letters for each chunk
PADDING = "".join(random.Random("obfuscation").choices(_LETTERS.decode("ascii"), k=4096))


class Stamp(NamedTuple):
    """What makes this reply this one.

    *id* is ``chatcmpl-`` and 29 letters (FACTS B.1), *request_id* ``req_`` and 32 hex digits (E.2),
    *created* whole seconds since 1970, *offset* where its obfuscation starts in the padding.
    """

    id: str
    request_id: str
    created: int
    processing_ms: int
    offset: int


def stamp(seed: int, fingerprint: bytes, attempt: int, now: float) -> Stamp:
    """Return the stamp of the *attempt*-th answer (from 0) to the request *fingerprint*."""
    key = b"%d:%d:%b" % (seed, attempt, fingerprint)
    digest = hashlib.blake2b(key, digest_size=56).digest()
    return Stamp(
        "chatcmpl-" + digest[:29].translate(_AS_LETTER).decode("ascii"),
        "req_" + digest[32:48].hex(),
        int(now),
        200 + (digest[48] << 1),
        int.from_bytes(digest[50:52], "big"),
    )


@lru_cache(maxsize=256)
def system_fingerprint(model: str) -> str:
    """Return ``fp_`` and 10 hex digits, one for each model."""
    return "fp_" + hashlib.blake2b(model.encode("utf-8", "replace"), digest_size=5).hexdigest()
