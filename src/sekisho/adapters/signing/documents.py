"""Ed25519 keys and the documents that they sign.

A document is `sekisho-signed/1 <purpose> <128 hex digits>`, a line feed, and the payload as it is. Signed is the first
line without the signature together with the payload, so that a signature for one purpose is none for another. There
is one way to write a document: any change of any byte refuses it.

Source: Ed25519 as in RFC 8032, by the `cryptography` package.
"""

import os
import re
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

_FORMAT = "sekisho-signed/1"
_PURPOSE = re.compile(r"[a-z0-9][a-z0-9./-]{0,63}")
_FIRST_LINE = re.compile(rb"sekisho-signed/1 ([a-z0-9][a-z0-9./-]{0,63}) ([0-9a-f]{128})\n")
_LONGEST_FIRST_LINE = 256
_PUBLIC = "sekisho-public-key/1 "
_PRIVATE = "sekisho-private-key/1 "
_HEX_KEY = re.compile(r"[0-9a-f]{64}")


class SignatureRefused(ValueError):
    """The document is not what somebody with the key signed for this purpose."""


class KeyUnreadable(ValueError):
    """The text or the file is no key of this form."""


class VerifyKey:
    """The public half: tells whether a document was signed."""

    def __init__(self, raw: bytes) -> None:
        """Take the 32 bytes of RFC 8032.

        Raises:
            KeyUnreadable: not 32 bytes.
        """
        try:
            self._key = Ed25519PublicKey.from_public_bytes(raw)
        except ValueError:
            raise KeyUnreadable("an Ed25519 public key has 32 bytes") from None

    @classmethod
    def from_text(cls, text: str) -> "VerifyKey":
        """Read what `as_text` wrote, for example from a settings file.

        Raises:
            KeyUnreadable: anything else.
        """
        return cls(_key_bytes(text, _PUBLIC))

    def as_text(self) -> str:
        """Return one line to hand on or to keep: a public key is no secret."""
        return _PUBLIC + self._raw().hex()

    def open(self, document: bytes, purpose: str) -> bytes:
        """Return the payload of a document that was signed for `purpose`.

        Raises:
            SignatureRefused: changed, cut, signed by another key or for another purpose.
        """
        found = _FIRST_LINE.match(document[:_LONGEST_FIRST_LINE])
        if found is None or found[1].decode() != purpose:
            raise SignatureRefused("not a document signed for this purpose")
        payload = document[found.end() :]
        try:
            self._key.verify(bytes.fromhex(found[2].decode()), _signed(purpose, payload))
        except InvalidSignature:
            raise SignatureRefused("the signature does not belong to these bytes and this key") from None
        return payload

    def _raw(self) -> bytes:
        return self._key.public_bytes(Encoding.Raw, PublicFormat.Raw)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, VerifyKey) and self._raw() == other._raw()

    def __hash__(self) -> int:
        return hash(self._raw())


class SigningKey:
    """The secret half. Never shown: `repr` says nothing of it."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key

    @classmethod
    def new(cls) -> "SigningKey":
        """Return a key from the system's randomness."""
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def from_file(cls, path: Path) -> "SigningKey":
        """Read a key that `write` wrote.

        Raises:
            KeyUnreadable: no key of this form, or others may read the file.
            OSError: the file cannot be read.
        """
        with path.open(encoding="ascii", errors="replace") as file:
            if os.fstat(file.fileno()).st_mode & 0o077:
                raise KeyUnreadable(f"{path.name}: others may read this file; a signing key is for its owner alone")
            return cls(Ed25519PrivateKey.from_private_bytes(_key_bytes(file.read(256), _PRIVATE)))

    def write(self, path: Path) -> None:
        """Write the key to a new file that only its owner can read.

        Raises:
            FileExistsError: never writes over a key.
        """
        raw = self._key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(f"{_PRIVATE}{raw.hex()}\n")

    @property
    def verify_key(self) -> VerifyKey:
        """Return the public half."""
        return VerifyKey(self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))

    def sign(self, payload: bytes, purpose: str) -> bytes:
        """Return the signed document: the first line and `payload` as it is.

        Raises:
            ValueError: `purpose` is not lower-case letters, digits, dots, slashes and hyphens.
        """
        if _PURPOSE.fullmatch(purpose) is None:
            raise ValueError(f"no purpose: {purpose!r}")
        signature = self._key.sign(_signed(purpose, payload))
        return f"{_FORMAT} {purpose} {signature.hex()}\n".encode() + payload

    def __repr__(self) -> str:
        return "SigningKey(<secret>)"


def _signed(purpose: str, payload: bytes) -> bytes:
    return f"{_FORMAT} {purpose}\n".encode() + payload


def _key_bytes(text: str, prefix: str) -> bytes:
    digits = text.strip().removeprefix(prefix)
    if not text.startswith(prefix) or _HEX_KEY.fullmatch(digits) is None:
        raise KeyUnreadable(f"not a key: expected {prefix.strip()} and 64 hex digits")
    return bytes.fromhex(digits)
