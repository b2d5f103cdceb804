"""What the gate says to people."""

from sekisho.domain.text import Text

CONNECT_ONLY = Text(
    "この機械では専用のネットワーク空間を作れないため、権限のいらない接続スキャン（TCP）だけを行います。"
    "送信先と期間は同じように確かめますが、パケット数は数えられません。UDP は診断できません。（理由: {why}）",
    "No network namespace can be made on this machine, so only unprivileged connect scans (TCP) are run. Addresses and "
    "times are checked in the same way, but packets are not counted. UDP cannot be diagnosed. (Reason: {why})",
)
STOP_IS_ON = Text(
    "緊急停止がかかっているため、診断を始めません（{file}）。止めた人に確かめ、解除してから始めてください。",
    "The emergency stop is on ({file}), so nothing is started. Ask whoever stopped it, and start when it is lifted.",
)
NO_STOP_FOLDER = Text(
    "緊急停止のファイルを置くフォルダ（{folder}）が見つかりません。停止を受け取れない状態では診断を始めません。",
    "The folder for the emergency stop file ({folder}) is not there. Nothing starts where a stop could not arrive.",
)
NO_KEEPER = Text(
    "送信を見張る処理を始められませんでした。管理者に次の理由を伝えてください: {why}",
    "The process that watches over sending could not be started. Tell your administrator why: {why}",
)
KEEPER_GONE = Text(
    "送信を見張る処理が止まったため、すべて閉じました。もう一度診断を始めてください。",
    "The process that watches over sending has ended, so everything was closed. Start the run again.",
)
NOT_OPEN: dict[str, Text] = {
    "never": Text("このアドレスへの許可証がありません。", "No grant was given for this address."),
    "expired": Text(
        "このアドレスの許可の時間が終わりました。同意の期間が続いていれば、新しい許可証で再開できます。",
        "The time granted for this address is over. Within the consented window it goes on with a new grant.",
    ),
    "changing": Text(
        "このアドレスの速さの上限を変えています。一秒ほど待ってください。",
        "The rate of this address is being changed. Wait a second.",
    ),
}
"""Why an address is closed, beside what `sekisho.domain.diagnosis.grants.REFUSALS` says."""

NOT_NMAP = Text(
    "専用のネットワーク空間がないため、nmap の接続スキャン（-sT）のほかは実行しません。",
    "Without a network namespace nothing but nmap's connect scan (-sT) is run.",
)
NOT_ALLOWED = Text(
    "専用のネットワーク空間がないため、nmap の「{option}」は使えません。",
    "Without a network namespace nmap's {option} cannot be used.",
)
NEEDED = Text(
    "専用のネットワーク空間がないときは、nmap に「{option}」が必要です。",
    "Without a network namespace nmap needs {option}.",
)
OTHER_TARGET = Text(
    "コマンドの宛先が、許可されたアドレス（{address}）一つだけではありません。",
    "The command's target is not just the granted address ({address}).",
)
TOO_FAST = Text(
    "専用のネットワーク空間がないときの --max-rate は{rate}までです。",
    "Without a network namespace --max-rate is {rate} at most.",
)
