"""CPE names: both forms, escapes, and what is none."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.domain.vulnerabilities.cpe import Cpe, NoCpe, read_cpe, write_cpe
from sekisho.domain.vulnerabilities.products import ProductName


def test_read_cpe_takes_escapes_away():
    cpe = read_cpe(r"cpe:2.3:o:cisco:ios:15.8\(3\)m2:*:*:*:*:*:*:*")
    assert (cpe.name.key, cpe.version, cpe.update) == ("o:cisco:ios", "15.8(3)m2", "*")


def test_read_cpe_keeps_an_escaped_colon_inside_its_field():
    cpe = read_cpe(r"cpe:2.3:a:perl:www\:\:mechanize:1.2\:3:*:*:*:*:*:*:*")
    assert (cpe.name.product, cpe.version) == ("www::mechanize", "1.2:3")


def test_read_cpe_sees_that_an_escaped_backslash_escapes_nothing_more():
    cpe = read_cpe(r"cpe:2.3:a:vendor:back\\:1.0:*:*:*:*:*:*:*")
    assert (cpe.name.product, cpe.version) == ("back\\", "1.0")


def test_read_cpe_tells_not_applicable_from_any():
    assert read_cpe("cpe:2.3:h:cisco:asr_1001:-:*:*:*:*:*:*:*").version == "-"
    assert read_cpe("cpe:2.3:o:fortinet:fortios:*:*:*:*:*:*:*:*").version == "*"


def test_read_cpe_reads_update_and_target_software():
    cpe = read_cpe("cpe:2.3:a:openbsd:openssh:9.2:p1:*:*:*:windows:x64:*")
    assert (cpe.update, cpe.on_software, cpe.on_hardware) == ("p1", "windows", "x64")


@pytest.mark.parametrize(
    ("text", "key", "version", "update"),
    [
        ("cpe:/a:openbsd:openssh:9.2p1", "a:openbsd:openssh", "9.2p1", "*"),
        ("cpe:/o:cisco:ios:15.8%283%29m2", "o:cisco:ios", "15.8(3)m2", "*"),
        ("cpe:/a:igor_sysoev:nginx", "a:igor_sysoev:nginx", "*", "*"),
        ("cpe:/o:microsoft:windows_7::sp1", "o:microsoft:windows_7", "*", "sp1"),
        ("CPE:/H:Yamaha:RTX1210", "h:yamaha:rtx1210", "*", "*"),
    ],
)
def test_read_cpe_reads_the_older_form(text, key, version, update):
    cpe = read_cpe(text)
    assert (cpe.name.key, cpe.version, cpe.update) == (key, version, update)


def test_read_cpe_reads_packed_attributes_of_the_older_form():
    assert read_cpe("cpe:/a:vendor:plugin:1.0:-:~~~wordpress~~").on_software == "wordpress"


def test_read_cpe_reads_a_name_cut_after_the_product():
    assert read_cpe("cpe:2.3:o:fortinet:fortios") == Cpe(ProductName("o", "fortinet", "fortios"))


@pytest.mark.parametrize(
    "text",
    ["", "cpe", "cpe:2.3", "cpe:2.3:o", "cpe:2.3:o:fortinet", "cpe:2.3:x:a:b:*", "cpe:2.3:a:*:*:1", "cpe:/", "cpe:/z:a:b",
     "cpe:2.3:" + ":".join(["a"] * 40), "cpe:2.3:a:b:" + "c" * 5_000, "pkg:deb/debian/openssh", "cpe:/a:b"],
)  # fmt: skip
def test_read_cpe_refuses_what_is_none(text):
    with pytest.raises(NoCpe):
        read_cpe(text)


fields = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=12).map(str.lower)


@given(st.sampled_from("aoh"), fields, fields, fields)
def test_write_cpe_is_read_back(part, vendor, product, version):
    cpe = Cpe(ProductName(part, vendor, product), version)
    if "*" in (vendor, product) or "-" in (vendor, product):
        return
    assert read_cpe(write_cpe(cpe)) == cpe


@given(st.text(max_size=60))
def test_read_cpe_reads_or_refuses_any_text(text):
    for form in (f"cpe:2.3:{text}", f"cpe:/{text}", text):
        with suppress(NoCpe):
            assert read_cpe(form).name.part in "aoh"
