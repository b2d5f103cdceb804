"""Random registers: mostly plausible, sometimes hostile, with enough repetition that things are shared and alike."""

from dataclasses import replace

from hypothesis import strategies as st

from sekisho.domain.facts import Unknown
from sekisho.domain.overview.systems import InsideSystem
from sekisho.domain.register.records import Basics, Device, Line, Register
from sekisho.domain.survey.observations import Sighting

HOSTILE = (
    "<script>alert(1)</script>",
    '"><svg onload=x>',
    "制御\x00\x07文字\ud800",
    "とても長い名前の" * 40,
    "W" * 300,
    "\u202egnp.exe",
    "a\u0301\u0302\u0303\u0304\u0305",
    "]]>&amp;&#x0;",
    "　 \n\t ",
    "𠮷野家🏥",
    "{0}{name}%s",
)


def answers(*choices: str) -> st.SearchStrategy[str | Unknown | None]:
    """Return one of `choices`, a hostile text, unknown, or nothing."""
    return st.one_of(
        st.sampled_from(choices),
        st.sampled_from(choices),
        st.none(),
        st.just(Unknown("確認中")),
        st.sampled_from(HOSTILE),
    )


@st.composite
def devices(draw: st.DrawFn) -> tuple[Device, ...]:
    count = draw(st.sampled_from((0, 0, 1, 1, 1, 2, 2, 3, 5, 12)))
    return tuple(
        Device(
            position,
            maker=draw(answers("YAMAHA", "Cisco")),
            model=draw(answers("RTX830", "ISR 921")),
            management_address=draw(answers("10.0.0.1/24", "10.0.0.2")),
        )
        for position in range(1, count + 1)
    )


@st.composite
def lines(draw: st.DrawFn, number: int) -> Line:
    return Line(
        number=number,
        ehr_connection=draw(answers("yes", "yes", "no")),
        purpose=draw(answers("PACS", "検査")),
        line_kind=draw(answers("optical", "mobile")),
        service_name=draw(answers("フレッツ 光ネクスト")),
        circuit_id=draw(answers("CAF00001", "CAF00002")),
        carrier=draw(answers("NTT東日本", "KDDI")),
        communication=draw(answers("internet_vpn", "ip_vpn", "closed_mobile")),
        provider=draw(answers("OCN")),
        terminator_location=draw(answers("サーバ室", "医事課")),
        terminator_kind=draw(answers("onu", "mobile_router")),
        contract_party=draw(answers("hospital", "vendor", "other")),
        vendor_name=draw(answers("東都メディカル")),
        devices=draw(devices()),
    )


@st.composite
def registers(draw: st.DrawFn, max_lines: int = 60) -> Register:
    """Return a register; half of them have rows copied many times, as people fill sheets."""
    numbers = draw(st.lists(st.integers(1, 400), max_size=12, unique=True))
    drawn = [draw(lines(number)) for number in numbers]
    if drawn and draw(st.booleans()):
        pattern = draw(st.sampled_from(drawn))
        start = 1000
        drawn += [
            replace(pattern, number=start + index, circuit_id=f"X{index}")
            for index in range(draw(st.integers(0, max_lines)))
        ]
    return Register(Basics(name=draw(answers("みなと市民病院"))), tuple(sorted(drawn, key=lambda line: line.number)))


def sightings() -> st.SearchStrategy[tuple[Sighting, ...]]:
    """Return sightings, some of which belong to a line."""
    one = st.builds(
        Sighting,
        number=st.integers(1, 5),
        kind=answers("onu", "usb_dongle"),
        location=st.sampled_from(("5F", "", *HOSTILE)),
        line_number=st.one_of(st.none(), st.integers(1, 10)),
        remarks=st.sampled_from(("", *HOSTILE)),
    )
    return st.lists(one, max_size=4).map(tuple)


def inside_systems() -> st.SearchStrategy[tuple[InsideSystem, ...]]:
    """Return systems, sometimes more than a page has room for, with ids and names that repeat."""
    one = st.builds(
        InsideSystem,
        id=st.sampled_from(("ehr", "pacs", "検査", *HOSTILE)),
        name=st.sampled_from(("電子カルテ", "PACS", "", *HOSTILE)),
        zone=st.sampled_from(("", "放射線", *HOSTILE)),
        critical=st.integers(0, 3),
        line_numbers=st.lists(st.integers(1, 400), max_size=5).map(tuple),
        is_backup=st.booleans(),
    )
    return st.one_of(st.lists(one, max_size=6), st.lists(one, min_size=30, max_size=40)).map(tuple)
