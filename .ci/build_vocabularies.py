"""Write mockserver/vocabularies/: both encodings and the character classes of their patterns.

Run once, when a vocabulary is added, with the published ``.tiktoken`` text at hand (the package
``bpe-openai`` carries it) and ``tiktoken``, whose own engine says which class a character has:

    python .ci/build_vocabularies.py

Format of ``<encoding>.z`` (zlib): four bytes, the number of tokens; that many bytes, the length of
each token in rank order; then the tokens end to end. Format of ``classes.z`` (zlib): ASCII text, runs
of equal class from U+0000 on, each a letter and a length in hex.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import zlib
from importlib.resources import files
from itertools import groupby
from pathlib import Path

from tiktoken import Encoding

# as in tiktoken_ext/openai_public.py
PUBLISHED = {
    "cl100k_base": "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
    "o200k_base": "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
}
# letter in classes.z -> the pattern that selects it; what none selects is "O"
CLASSES = {
    "U": r"[\p{Lu}\p{Lt}]",
    "D": r"\p{Ll}",
    "B": r"[\p{Lm}\p{Lo}]",
    "M": r"\p{M}",
    "N": r"\p{N}",
    "S": r"\s",
}
FOLDER = Path(__file__).parents[1] / "mockserver" / "vocabularies"


def pack(published: bytes) -> bytes:
    """Return the compact form of a ``.tiktoken`` text. ValueError where ranks have gaps."""
    rows = [line.split() for line in published.splitlines() if line]
    if [int(rank) for _, rank in rows] != list(range(len(rows))):
        raise ValueError("ranks are not 0, 1, 2, …: the compact form cannot hold them")
    tokens = [base64.b64decode(token) for token, _ in rows]
    lengths = bytes(map(len, tokens))
    return zlib.compress(len(tokens).to_bytes(4, "big") + lengths + b"".join(tokens), 9)


def classes() -> bytes:
    """Return the class of every character, as tiktoken's own regex engine sees it."""
    every = "".join(chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000)
    found = ["O"] * 0x110000
    for letter, pattern in CLASSES.items():
        ranks = {bytes([value]): value for value in range(256)}
        probe = Encoding(letter, pat_str=pattern, mergeable_ranks=ranks, special_tokens={})
        for character in bytes(probe.encode_ordinary(every)).decode("utf-8"):
            found[ord(character)] = letter
    runs = [f"{letter}{len(list(run)):x}" for letter, run in groupby(found)]
    return zlib.compress("".join(runs).encode("ascii"), 9)


def main() -> None:
    for name, digest in PUBLISHED.items():
        published = gzip.decompress(files("bpe_openai.data").joinpath(f"{name}.tiktoken.gz").read_bytes())
        if hashlib.sha256(published).hexdigest() != digest:
            raise ValueError(f"{name}: not the published vocabulary; expected sha256 {digest}")
        (FOLDER / f"{name}.z").write_bytes(pack(published))
    (FOLDER / "classes.z").write_bytes(classes())


if __name__ == "__main__":
    main()
