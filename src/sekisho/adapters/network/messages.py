"""What the reader of network.yaml says about each thing that is wrong: the rule's code, and how to mend it."""

from sekisho.domain.text import Text

MESSAGES = {
    "id-missing": Text(
        "名前（id）を書いてください。この行は使わずに進みます。", "Give it an id. The entry is left out."
    ),
    "id-twice": Text(
        "同じ名前（id）が前にもあります。別の名前にしてください。この行は使わずに進みます。",
        "Another entry has the same id. Give it another one. The entry is left out.",
    ),
    "name-is-secret": Text(
        "パスワードのような文字が入っているので、読み込みませんでした。この欄から消してください。",
        "This looks like a password and was not taken. Remove it from the file.",
    ),
    "misspelt-key": Text(
        "「{written}」という項目はありません。「{known}」のことであれば書き直してください。この項目は使わずに進みます。",
        "There is no key “{written}”. If “{known}” is meant, mend it. The key is left out.",
    ),
    "cidr": Text(
        "ネットワークの範囲（cidr）を 10.10.0.0/24 のように書いてください。この行は使わずに進みます。",
        "Write the range (cidr) like 10.10.0.0/24. The entry is left out.",
    ),
    "segments-overlap": Text(
        "範囲が「{other}」と重なっています。重なる分は、範囲の狭いほう（同じなら先に書いたほう）のものとして進みます。",
        "The range overlaps that of “{other}”. What they share counts as part of the narrower one, else of the first.",
    ),
    "isolation": Text(
        "端末どうしの分離（isolation）は none か port で書いてください。none（分離なし）として進みます。",
        "Write isolation as none or port. None is assumed.",
    ),
    "address": Text("アドレスを 10.10.0.10 のように書いてください。", "Write the address like 10.10.0.10."),
    "address-is-network": Text(
        "端末のアドレスに「/」以下は不要です。{address} の1台として進みます。",
        "A host's address needs no “/…”. The one address {address} is taken.",
    ),
    "address-outside": Text(
        "アドレスがどのセグメントにも入っていません。このアドレスからの通信、ここへの通信は「不明」になります。segments に範囲を加えてください。",
        "The address lies in no segment, so who can talk to it is unknown. Add its range to segments.",
    ),
    "interface-address": Text(
        "アドレスが、つながるセグメントの範囲に入っていません。どちらかを直してください。",
        "The address lies outside the segment that the interface is in. Mend one of them.",
    ),
    "critical": Text(
        "重要度（critical）は 0（影響なし）から 3（診療が止まる）の数で書いてください。0 として進みます。",
        "Write critical as a number from 0 (no effect) to 3 (care stops). 0 is assumed.",
    ),
    "number": Text(
        "数で書いてください（{least}以上）。この項目は使わずに進みます。",
        "Write a number from {least} up. The key is left out.",
    ),
    "date": Text(
        "日付を 2027-03-31 のように書いてください。この項目は使わずに進みます。",
        "Write the date like 2027-03-31. The key is left out.",
    ),
    "truth": Text(
        "true か false で書いてください。分からないときは unknown と書けます。「不明」として進みます。",
        "Write true or false, or unknown when nobody knows. Unknown is assumed.",
    ),
    "word": Text(
        "{words} のどれかで書いてください。「不明」として進みます。",
        "Write one of {words}. Unknown is assumed.",
    ),
    "service": Text(
        "サービスを tcp/443、udp/500、tcp/1000-2000、icmp、any のように書いてください。この分は使わずに進みます。",
        "Write the service like tcp/443, udp/500, tcp/1000-2000, icmp or any. It is left out.",
    ),
    "not-a-text": Text("文字で書いてください。この項目は使わずに進みます。", "Write text here. The key is left out."),
    "unknown-segment": Text(
        "「{name}」というセグメントは segments にありません。", "There is no segment “{name}” in segments."
    ),
    "unknown-device": Text(
        "「{name}」という装置は devices にありません。この行は使わずに進みます。",
        "There is no device “{name}” in devices. The entry is left out.",
    ),
    "unknown-gateway": Text(
        "「{name}」という装置は devices にありません。このセグメントの出口（gateway）は書かれていないものとして進みます。",
        "There is no device “{name}” in devices. The gateway of this segment counts as not written.",
    ),
    "unknown-interface": Text(
        "装置「{device}」に「{name}」というインターフェースはありません。interfaces に加えるか、名前を直してください。",
        "Device “{device}” has no interface “{name}”. Add it to interfaces or mend the name.",
    ),
    "unknown-zone": Text(
        "「{name}」というゾーンはどのセグメント・インターフェースにもありません。名前を確かめてください。",
        "No segment or interface has the zone “{name}”. Check the name.",
    ),
    "unknown-node": Text(
        "「{name}」は nodes にありません。名前を確かめてください。", "There is no “{name}” in nodes. Check the name."
    ),
    "unknown-end": Text(
        "「{name}」は nodes にも lines にもありません。この行は使わずに進みます。",
        "There is no “{name}” in nodes or lines. The entry is left out.",
    ),
    "unknown-credential": Text(
        "「{name}」は credentials にありません。名前だけの管理者権限として進みます。",
        "There is no “{name}” in credentials. It is taken as credentials of that name.",
    ),
    "termination-device": Text(
        "回線の終わる装置「{name}」が devices にありません。装置を書き足すか、名前を直してください。終わる所は「不明」として進みます。",
        "The device “{name}” where the line ends is not among devices. Add it or mend its name. "
        "The line's end is taken as unknown.",
    ),
    "termination-interface": Text(
        "装置「{device}」に、回線の終わるインターフェース「{interface}」がありません。interfaces に書き足すか、名前を直してください。"
        "終わる所は「不明」として進みます。",
        "Device “{device}” has no interface “{interface}” for the line to end at. Add it or mend its name. "
        "The line's end is taken as unknown.",
    ),
    "termination": Text(
        "回線の終わる所（terminates）を読み取れません。{device: 装置, interface: インターフェース} か {segment: セグメント} の形で書いてください。"
        "終わる所は「不明」として進みます。",
        "Where the line ends cannot be read. Write {device: ..., interface: ...} or {segment: ...}. "
        "Its end is taken as unknown.",
    ),
    "route": Text(
        "経路を {prefix: 10.0.0.0/8, via: 10.0.0.1} のように書いてください。この装置の経路は「全部は分からない」として進みます。",
        "Write the route like {prefix: 10.0.0.0/8, via: 10.0.0.1}. Some routes of this device count as unknown.",
    ),
    "interface": Text(
        "インターフェースを {id: lan1, segment: ehr, address: 10.10.0.1} のように書いてください。"
        "この装置の経路は「全部は分からない」として進みます。",
        "Write the interface like {id: lan1, segment: ehr, address: 10.10.0.1}. "
        "Some routes of this device count as unknown.",
    ),
    "filters": Text(
        "filters は known か unknown で書いてください。unknown として進みます。",
        "Write filters as known or unknown. Unknown is assumed.",
    ),
    "place": Text(
        "規則の場所（at）を {interface: lan1, direction: in}、{zones: [a, b]}、global のどれかで書いてください。"
        "この装置を通る通信は「不明」になります。",
        "Write the place of the rules (at) as {interface: lan1, direction: in}, {zones: [a, b]} or global. "
        "What passes this device is unknown.",
    ),
    "place-twice": Text(
        "同じ装置の同じ場所の規則が前にもあります。一つにまとめてください。この装置を通る通信は「不明」になります。",
        "There are rules for the same place of this device above. Make one list of both. "
        "What passes this device is unknown.",
    ),
    "default": Text(
        "どの規則にも当たらないときの扱い（default）を permit、deny、unknown のどれかで書いてください。unknown として進みます。",
        "Write default (what happens when no rule matches) as permit, deny or unknown. Unknown is assumed.",
    ),
    "stateful": Text(
        "stateful は true か false で書いてください。この装置を通る通信は「不明」になります。",
        "Write stateful as true or false. What passes this device is unknown.",
    ),
    "rule": Text(
        "規則の{part}を読み取れません。この規則が当てはまるかもしれない通信は「不明」になります。",
        "The {part} of this rule cannot be read. What it might match is unknown.",
    ),
    "rule-not-an-entry": Text(
        "規則を {seq: 10, action: permit, src: [10.10.0.0/24], dst: [any], service: [tcp/443]} の形で書いてください。"
        "ここから後の規則で決まる通信は「不明」になります。",
        "Write a rule as {seq: 10, action: permit, src: [10.10.0.0/24], dst: [any], service: [tcp/443]}. "
        "What the rules after it decide is unknown.",
    ),
    "seq-twice": Text(
        "番号（seq）{seq} の規則が前にもあります。{other} として進みます。",
        "There is a rule {seq} above. This one counts as {other}.",
    ),
    "nat": Text(
        "アドレス変換を {device: fw1, interface: wan1, kind: static, outside: 203.0.113.2, inside: 10.10.0.10} の形で書いてください。"
        "この装置を通る通信は「不明」になります。",
        "Write the translation as {device: fw1, interface: wan1, kind: static, outside: 203.0.113.2, "
        "inside: 10.10.0.10}. What passes this device is unknown.",
    ),
    "flow": Text(
        "必要な通信を {src: lab, dst: ehr-db, service: tcp/1433} の形で書いてください。この行は使わずに進みます。",
        "Write the flow as {src: lab, dst: ehr-db, service: tcp/1433}. The entry is left out.",
    ),
    "not-a-list": Text(
        "「- ...」の形で1件ずつ並べて書いてください。この項目は使わずに進みます。",
        "Write one entry after another as “- ...”. The key is left out.",
    ),
    "config-missing": Text(
        "設定ファイル {name} がありません。network.yaml と同じ所からの位置で置いてください。それまで装置「{device}」を通る通信は「不明」になります。",
        "The configuration {name} is not there. Put it beside network.yaml. "
        "Until then what passes device “{device}” is unknown.",
    ),
    "config-unreadable": Text(
        "設定ファイル {name} を読めません。{why} 装置「{device}」を通る通信は「不明」になります。",
        "The configuration {name} cannot be read. {why} What passes device “{device}” is unknown.",
    ),
    "vpn-pool-without-line": Text(
        "装置「{device}」の {interface} は、外からつないだ人に {addresses} を渡します。そこに終わる回線が lines にありません。加えてください。",
        "Device “{device}” hands {addresses} to whoever dials in on {interface}, but no line ends there. Add the line.",
    ),
}
"""Message of each rule, without the area that stands before it in a problem's code ("network.cidr")."""
