"""Signed documents: Ed25519 over a purpose and the bytes themselves.

One form serves grants and feed bundles: a first line that says what the document is for and carries the signature,
then the bytes as they are. `SigningKey.sign` makes it, `VerifyKey.open` gives the bytes back or refuses.
"""

from sekisho.adapters.signing.documents import KeyUnreadable, SignatureRefused, SigningKey, VerifyKey

__all__ = ["KeyUnreadable", "SignatureRefused", "SigningKey", "VerifyKey"]
