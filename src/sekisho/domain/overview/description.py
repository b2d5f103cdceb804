"""The drawing in sentences, for those who cannot see it: the same facts, one sentence per line of the register."""

from sekisho.domain.drawing.metrics import printable
from sekisho.domain.drawing.parts import NOTHING, Drawing
from sekisho.domain.drawing.words import join
from sekisho.domain.overview.entries import Contract, Entry, PartyRole, Section
from sekisho.domain.overview.wording import said, silence
from sekisho.domain.register.records import Device
from sekisho.domain.text import Text
from sekisho.domain.tri import Tri

_COMMA = Text("、", ", ")


def describe(drawing: Drawing, language: str) -> list[str]:
    """Return what the drawing shows as sentences: the whole first, then one per line, then unlisted terminators."""
    return [sentence.within(language) for sentence in (drawing.summary, *drawing.sentences)]


def sentence_of(entry: Entry) -> Text:
    """Return one sentence that says everything the picture says about `entry`."""
    if entry.line is None:
        return _sentence_of_sighting(entry)
    line = entry.line
    name = join(
        said(line.circuit_id) or NOTHING,
        entry.kind or join(Text("回線種別", "kind"), silence(line.line_kind), by=Text("", " ")),
        by=_COMMA,
    )
    parts = (_contract(entry), _network(entry), _way(entry), _purpose(entry))
    return Text(
        f"回線{entry.number}（{name.ja}）：{''.join(part.ja for part in parts)}",
        f"Line {entry.number} ({name.en}): {' '.join(part.en for part in parts)}",
    )


def _contract(entry: Entry) -> Text:
    party = entry.party.name
    if entry.contract is Contract.VENDOR:
        return Text(f"ベンダ契約（{party.ja}）。", f"Contracted by a vendor ({party.en}).")
    role = {PartyRole.VENDOR: "保守などの相手は", PartyRole.PROVIDER: "プロバイダは"}.get(
        entry.party.role, "回線事業者は"
    )
    other = (
        NOTHING
        if entry.party.role is PartyRole.UNSTATED
        else Text(f"、{role}{party.ja}", f", other end: {party.en} ({entry.party.role.value})")
    )
    if entry.contract is Contract.HOSPITAL:
        return Text(f"病院契約{other.ja}。", f"Contracted by the hospital{other.en}.")
    if entry.contract is Contract.OTHER:
        return Text(f"病院でもベンダでもない人の契約{other.ja}。", f"Contracted by someone else{other.en}.")
    answer = silence(entry.line.contract_party if entry.line else None)
    return Text(f"契約者は{answer.ja.lstrip('？')}{other.ja}。", f"Contract {answer.en.lstrip('? ')}{other.en}.")


def _network(entry: Entry) -> Text:
    mobile = Text("モバイル回線で、", "By mobile. ") if entry.mobile else NOTHING
    service = join(entry.service, by="") if entry.service else NOTHING
    if entry.communication is None:
        answer = silence(entry.line.communication if entry.line else None)
        how = Text(f"通信形態は{answer.ja.lstrip('？')}", f"Network: {answer.en.lstrip('? ')}")
    else:
        how = Text(f"通信形態は{entry.communication.ja}", f"Network: {entry.communication.en}")
    behind = join(how, service, by=Text("（", " (")) if service.ja else how
    close = ("）", ")") if service.ja else ("", "")
    return Text(f"{mobile.ja}{behind.ja}{close[0]}。", f"{mobile.en}{behind.en}{close[1]}.")


def _device(device: Device) -> Text:
    return said(device.name) or Text("種類の分からない装置", "an unidentified device")


def _way(entry: Entry) -> Text:
    line = entry.line
    kind = entry.terminator_kind or Text("種類の分からない終端装置", "a terminator of unknown kind")
    at = Text(f"設置場所の分からない{kind.ja}", f"{kind.en} at a place not known")
    if entry.location:
        at = Text(f"{entry.location.ja}の{kind.ja}", f"{kind.en} at {entry.location.en}")
    devices = sorted(line.devices, key=lambda device: device.position) if line else []
    through = join(at, *(_device(device) for device in devices), by=_COMMA)
    if not devices and entry.reach is not Tri.NO:
        through = join(through, Text("未記入のルータ等", "a router not filled in"), by=_COMMA)
    end = {
        Tri.YES: Text("を通って、電子カルテのネットワークにつながります。", "leads into the EHR network."),
        Tri.NO: Text(
            "まで来ていますが、電子カルテのネットワークにはつながりません（対象外）。",
            "does not lead into the EHR network (out of scope).",
        ),
        Tri.UNKNOWN: Text(
            "を通ります。電子カルテのネットワークにつながるかどうかは分かっていません。",
            "may lead into the EHR network: that is not known.",
        ),
    }[entry.reach]
    return Text(f"{through.ja}{end.ja}", f"The way through {through.en} {end.en}")


def _purpose(entry: Entry) -> Text:
    purpose = entry.purpose or silence(entry.line.purpose if entry.line else None)
    return Text(f"用途：{purpose.ja.lstrip('？')}。", f"Purpose: {purpose.en.lstrip('? ')}.")


def _sentence_of_sighting(entry: Entry) -> Text:
    place = entry.location or Text("場所の記録がない所", "a place not recorded")
    kind = entry.terminator_kind or Text("種類の分からない終端装置", "a terminator of unknown kind")
    claimed = entry.sighting.line_number if entry.sighting else None
    also = (
        Text(
            f"回線{claimed}と記録されていますが、その回線は台帳にありません。",
            f"Noted as line {claimed}, which the register does not have. ",
        )
        if claimed is not None
        else NOTHING
    )
    remarks = printable(entry.sighting.remarks) if entry.sighting else ""
    note = Text(f"（{remarks}）", f" ({remarks})") if remarks else NOTHING
    return Text(
        f"現地で見つかった終端装置{entry.number}：{place.ja}に{kind.ja}があります{note.ja}。{also.ja}"
        "台帳になく、用途が不明です。使いみちと電子カルテとのつながりを確かめ、台帳に加えてください。",
        f"Terminator {entry.number} found on site: {kind.en} at {place.en}{note.en}. {also.en}"
        "It is in no list and its use is unknown. Find out what it is for and whether it leads to the EHR, "
        "then add it to the register.",
    )


def summary_of(entries: tuple[Entry, ...]) -> Text:
    """Return the counts that stand under the title."""
    lines = [entry for entry in entries if entry.line]
    if not entries:
        return Text("回線はまだ登録されていません。", "No line is registered yet.")

    def count(section: Section) -> int:
        return sum(entry.section is section for entry in entries)

    kinds = [
        (count(Section.INTERNET), "インターネット", "internet"),
        (count(Section.MOBILE), "モバイル", "mobile"),
        (count(Section.CLOSED), "閉域網", "closed network"),
        (count(Section.UNSTATED), "通信形態が不明", "network unknown"),
        (count(Section.OUT_OF_SCOPE), "対象外", "out of scope"),
    ]
    contracts = [
        (sum(entry.contract is Contract.VENDOR for entry in lines), "ベンダ契約", "vendor's contract"),
        (sum(entry.contract is Contract.OTHER for entry in lines), "他者の契約", "others' contract"),
        (sum(entry.contract is Contract.UNSTATED for entry in lines), "契約者が不明", "contract unknown"),
        (
            sum(entry.reach is Tri.UNKNOWN for entry in lines),
            "電子カルテとのつながりが不明",
            "link to the EHR unknown",
        ),
    ]
    ja = [f"回線 {len(lines)}本", *(f"{ja} {n}" for n, ja, _ in kinds if n)]
    en = [f"{len(lines)} lines", *(f"{en} {n}" for n, _, en in kinds if n)]
    tail_ja = "・".join(f"{ja} {n}" for n, ja, _ in contracts if n)
    tail_en = ", ".join(f"{en} {n}" for n, _, en in contracts if n)
    found = count(Section.UNLISTED)
    found_ja = f"　台帳にない終端装置 {found}" if found else ""
    found_en = f"; unlisted terminators {found}" if found else ""
    return Text(
        f"{ja[0]}（{'・'.join(ja[1:]) or 'なし'}）{'　うち ' + tail_ja if tail_ja else ''}{found_ja}",
        f"{en[0]} ({', '.join(en[1:]) or 'none'}){'; of these ' + tail_en if tail_en else ''}{found_en}",
    )
