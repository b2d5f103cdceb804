"""Signed documents: what was signed comes back, anything else is refused."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.adapters.signing import KeyUnreadable, SignatureRefused, SigningKey, VerifyKey

KEY = SigningKey.new()
PURPOSES = st.sampled_from(["sekisho-grant", "sekisho-feeds", "a", "a" * 64])
SIGNED = KEY.sign(b'{"address":"203.0.113.10"}', "sekisho-grant")


@given(st.binary(max_size=2000), PURPOSES)
def test_what_was_signed_comes_back(payload: bytes, purpose: str) -> None:
    document = KEY.sign(payload, purpose)
    assert document.endswith(payload)
    assert KEY.verify_key.open(document, purpose) == payload


@given(st.integers(0, len(SIGNED) - 1), st.integers(0, 255))
def test_any_other_byte_refuses(at: int, to: int) -> None:
    if SIGNED[at] == to:
        return
    with pytest.raises(SignatureRefused):
        KEY.verify_key.open(SIGNED[:at] + bytes([to]) + SIGNED[at + 1 :], "sekisho-grant")


def test_every_single_bit_counts() -> None:
    for at in range(len(SIGNED)):
        for bit in range(8):
            changed = bytearray(SIGNED)
            changed[at] ^= 1 << bit
            with pytest.raises(SignatureRefused):
                KEY.verify_key.open(bytes(changed), "sekisho-grant")


@given(st.integers(0, len(SIGNED) - 1))
def test_a_document_cut_anywhere_is_refused(end: int) -> None:
    with pytest.raises(SignatureRefused):
        KEY.verify_key.open(SIGNED[:end], "sekisho-grant")


@given(st.binary(min_size=1, max_size=20))
def test_a_document_with_something_before_or_after_is_refused(more: bytes) -> None:
    for document in (more + SIGNED, SIGNED + more):
        with pytest.raises(SignatureRefused):
            KEY.verify_key.open(document, "sekisho-grant")


@given(st.binary(max_size=400))
def test_strangers_bytes_are_refused(raw: bytes) -> None:
    with pytest.raises(SignatureRefused):
        KEY.verify_key.open(raw, "sekisho-grant")


def test_a_signature_for_one_purpose_is_none_for_another() -> None:
    with pytest.raises(SignatureRefused):
        KEY.verify_key.open(SIGNED, "sekisho-feeds")
    with pytest.raises(SignatureRefused):
        KEY.verify_key.open(SIGNED.replace(b" sekisho-grant ", b" sekisho-feeds ", 1), "sekisho-feeds")


def test_another_key_refuses() -> None:
    with pytest.raises(SignatureRefused):
        SigningKey.new().verify_key.open(SIGNED, "sekisho-grant")


@pytest.mark.parametrize("purpose", ["", "Grant", "two words", "a\nb", "a" * 65, "許可"])
def test_a_purpose_that_could_be_read_in_two_ways_signs_nothing(purpose: str) -> None:
    with pytest.raises(ValueError, match="no purpose"):
        KEY.sign(b"", purpose)


def test_keys_are_kept_and_read_back(tmp_path: Path) -> None:
    path = tmp_path / "signing.key"
    KEY.write(path)
    assert path.stat().st_mode & 0o777 == 0o600
    read = SigningKey.from_file(path)
    assert read.verify_key == KEY.verify_key
    assert VerifyKey.from_text(KEY.verify_key.as_text() + "\n") == KEY.verify_key
    assert hash(read.verify_key) == hash(KEY.verify_key)


def test_a_key_is_never_written_over_nor_shown(tmp_path: Path) -> None:
    path = tmp_path / "signing.key"
    KEY.write(path)
    with pytest.raises(FileExistsError):
        SigningKey.new().write(path)
    digits = path.read_text().split()[1]
    assert digits not in repr(KEY)
    assert digits not in KEY.verify_key.as_text()


def test_a_signing_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "signing.key"
    KEY.write(path)
    os.chmod(path, 0o640)
    with pytest.raises(KeyUnreadable, match="others may read"):
        SigningKey.from_file(path)


@pytest.mark.parametrize(
    "text", ["", "sekisho-public-key/1", "sekisho-public-key/1 " + "0" * 63, "ssh-ed25519 AAAA", "é"]
)
def test_what_is_no_key_is_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(KeyUnreadable):
        VerifyKey.from_text(text)
    path = tmp_path / "key"
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
    with pytest.raises(KeyUnreadable):
        SigningKey.from_file(path)


def test_a_public_key_has_32_bytes() -> None:
    with pytest.raises(KeyUnreadable):
        VerifyKey(b"short")
