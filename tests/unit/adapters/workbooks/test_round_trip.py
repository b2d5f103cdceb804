"""What the register writes into a workbook is what is read from it: nothing lost, nothing added, nothing guessed."""

import io

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sekisho.adapters.workbooks.check import check_workbook
from sekisho.adapters.workbooks.read import read_workbook
from sekisho.adapters.workbooks.write import write_blank, write_prefilled
from sekisho.domain.facts import Unknown
from sekisho.domain.register.diff import to_register
from sekisho.domain.register.records import Basics, Contact, Device, Line, Register, Terminal
from sekisho.domain.workbook.cleaning import plain
from sekisho.domain.workbook.schema import Column, Kind
from tests.unit.adapters.workbooks.books import EDITION

BASICS = Basics(
    consent="agreed",
    name="関所中央病院",
    name_kana="せきしょちゅうおうびょういん",
    postal_code="060-0001",
    address="北海道札幌市",
    address_kana="ほっかいどうさっぽろし",
    beds=320,
    contacts=(
        Contact("関所", "太郎", "セキショ タロウ", "総務課", "03-1234-5678", "joho@example.jp"),
        Contact("山田", "花子", "ヤマダ ハナコ"),
    ),
    confirmed_by="関所 太郎",
)
TERMINALS = tuple(
    Terminal(
        n,
        f"t{n}",
        "ehr",
        "yes",
        f"PC{n}",
        f"192.168.1.{n}/24",
        "西棟 2F",
        f"VDI{n}",
        f"172.16.1.{n}/24",
        "ESET",
        "12:00-13:00のみ",
    )
    for n in range(1, 6)
)
LINE = Line(
    number=1, row_id="l1", device_check_wanted="wanted", scan_wanted="wanted", ehr_connection="yes", purpose="手術部門", line_kind="optical",
    service_name="フレッツ 光クロス", circuit_id="CAF0012345", carrier="NTT東日本", circuit_number=Unknown("保守会社に確認中"), communication="internet",
    global_ip="yes", address_assignment="fixed", global_address="121.119.249.222", scan_day_check="not_needed", fqdn="vpn.example.jp", provider="OCN",
    provider_plan="光 with", terminator_location="本館 3F サーバ室①", terminator_kind="onu", contract_party="vendor", vendor_name="関所医療システム",
    remarks="夜間のみ", devices=(Device(1, "Cisco", "ISR 921", "15.8(3)M", 2019, "192.168.1.1/24", "LAN2→ONU"), Device(2, "ヤマハ", Unknown())),
)  # fmt: skip


def written(register: Register) -> bytes:
    stream = io.BytesIO()
    write_prefilled(stream, EDITION, register, "0112345")
    return stream.getvalue()


def test_a_full_register_comes_back_as_it_was():
    register = Register(BASICS, (LINE,), TERMINALS)
    reading = read_workbook(written(register))
    assert to_register(reading.book) == register
    assert reading.book.hospital_code == "0112345"
    assert not reading.problems


def test_many_lines_with_many_devices_come_back():
    lines = tuple(
        Line(
            n,
            f"l{n}",
            purpose="billing",
            circuit_id=f"CAF{n}",
            devices=tuple(Device(k, "NEC", f"IX{k}") for k in range(1, n % 7 + 1)),
        )
        for n in range(1, 41)
    )
    assert to_register(read_workbook(written(Register(BASICS, lines))).book).lines == lines


def test_a_blank_form_says_only_what_is_not_filled_in():
    stream = io.BytesIO()
    write_blank(stream, EDITION)
    checked = check_workbook(stream.getvalue())
    assert {problem.rule for problem in checked.problems} == {
        "consent-required", "confirmer-required", "required", "recommended", "no-lines", "terminal-count", "no-floor-plan",
    }  # fmt: skip
    assert to_register(checked.book).lines == ()


def _text(column: Column) -> st.SearchStrategy:
    """Texts that a register can hold: read once already, so plain, and no word of the form's own."""
    words = st.text(st.characters(exclude_categories=("Cs", "Cc", "Co", "Cn", "Zl", "Zp")), min_size=1, max_size=40)
    return words.map(plain).filter(lambda text: text and len(text) <= column.max_length)


def _answers(column: Column) -> st.SearchStrategy:
    if column.kind is Kind.CHOICE:
        return st.sampled_from([option.code for option in column.options])
    if column.kind is Kind.TEXT:
        return _text(column)
    return st.none()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_any_answer_comes_back_or_is_told(data):
    """Hostile texts too: formulas, apostrophes, brackets, signs. A word of the form's own may mean what the form says."""
    sheet = EDITION.sheet("lines")
    answers = {c.key: data.draw(st.none() | _answers(c), label=c.key) for c in sheet.columns}
    line = Line(1, "l1", **answers)
    reading = read_workbook(written(Register(BASICS, (line,))))
    told = {problem.column for problem in reading.problems}
    rows = reading.book.rows("lines")
    if not any(answers.values()):
        return
    for column in sheet.columns:
        answer = answers[column.key]
        if answer is None or column.key in told or reading.credentials_dropped:
            continue
        found = rows[0].values[column.key]
        own_word = isinstance(found, Unknown) or found is None or found in {o.code for o in column.options}
        assert found == answer or own_word
