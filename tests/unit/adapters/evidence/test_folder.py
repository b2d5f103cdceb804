"""Evidence is whole or not there; one address, one run."""

import hashlib
from ipaddress import ip_address
from pathlib import Path

import pytest

from sekisho.adapters.evidence import DiskFull, Evidence, FolderTaken
from sekisho.adapters.evidence import folder as folder_module
from sekisho.adapters.evidence.folder import address_lock


def test_evidence_gets_its_name_only_when_it_is_whole(tmp_path: Path) -> None:
    evidence = Evidence(tmp_path, ip_address("2001:db8::7"))
    draft = evidence.draft("00001-tcp.xml")
    draft.write_bytes(b"<nmaprun/>")
    assert not (evidence.folder / "00001-tcp.xml").exists()
    file, digest = evidence.keep("00001-tcp.xml")
    assert file == "2001-db8--7/00001-tcp.xml"
    assert digest == hashlib.sha256(b"<nmaprun/>").hexdigest()
    assert evidence.is_intact(file, digest)
    (tmp_path / file).write_bytes(b"<nmaprun />")
    assert not evidence.is_intact(file, digest)
    assert not evidence.is_intact("nowhere", digest)


def test_drafts_of_a_run_that_was_cut_off_are_removed(tmp_path: Path) -> None:
    address = ip_address("203.0.113.5")
    Evidence(tmp_path, address).draft("x.xml").write_bytes(b"half")
    evidence = Evidence(tmp_path, address)
    assert [path.name for path in evidence.folder.iterdir()] == ["ledger.jsonl"]


def test_no_block_is_begun_without_room_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    evidence = Evidence(tmp_path, ip_address("203.0.113.5"))
    monkeypatch.setattr(folder_module, "LEAST_FREE_BYTES", 1 << 62)
    with pytest.raises(DiskFull):
        evidence.draft("x.xml")


def test_one_address_is_locked_once_and_another_is_free() -> None:
    one, other = ip_address("203.0.113.250"), ip_address("203.0.113.251")
    with address_lock(one):
        with address_lock(other):
            pass
        with pytest.raises(FolderTaken), address_lock(one):
            pass
    with address_lock(one):
        pass
