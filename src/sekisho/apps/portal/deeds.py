"""What was done, in plain words: a label for every verb of the audit trail."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as _noop

from sekisho.apps.diagnosis.words import DEEDS as _DIAGNOSIS
from sekisho.apps.findings.words import DEEDS as _FINDINGS
from sekisho.apps.vulnerabilities.words import DEEDS as _VULNERABILITIES

_REGISTER = {
    "basics": _noop("基本情報"),
    "contact": _noop("担当者"),
    "line": _noop("回線"),
    "terminator": _noop("回線終端装置"),
    "device": _noop("ネットワーク装置"),
    "terminal": _noop("調査端末"),
    "place": _noop("設置場所"),
    "vendor": _noop("ベンダ"),
    "contract": _noop("契約"),
}
"""The tables whose verbs are made of the table's name and one of `_CHANGES`."""

_CHANGES = {
    "added": _noop("%(thing)sを登録した"),
    "changed": _noop("%(thing)sを変更した"),
    "retired": _noop("%(thing)sに使わなくなった印を付けた"),
    "restored": _noop("%(thing)sを元に戻した"),
}

_LABELS = {
    **_DIAGNOSIS,
    **_VULNERABILITIES,
    **_FINDINGS,
    "accounts.password.changed": _noop("パスワードを変えた"),
    "accounts.second_factor.added": _noop("2つ目の確認手段を登録した"),
    "accounts.second_factor.removed": _noop("2つ目の確認手段を外した"),
    "accounts.second_factor.renewed": _noop("回復コードを作り直した"),
    "accounts.second_factor.reset": _noop("2つ目の確認手段を登録し直せるようにした"),
    "accounts.session.closed": _noop("サインアウトした"),
    "accounts.session.locked": _noop("サインインの失敗が続いたので、しばらく止めた"),
    "accounts.session.opened": _noop("サインインした"),
    "accounts.user.changed": _noop("利用者の情報を変えた"),
    "accounts.user.created": _noop("利用者を登録した"),
    "accounts.user.disabled": _noop("利用者を使えなくした"),
    "accounts.user.enabled": _noop("利用者をまた使えるようにした"),
    "files.file.downloaded": _noop("ファイルを受け取った"),
    "files.file.stored": _noop("ファイルを保管した"),
    "jobs.job.started": _noop("時間のかかる作業を始めた"),
    "jobs.job.done": _noop("時間のかかる作業が終わった"),
    "jobs.job.failed": _noop("時間のかかる作業が途中で止まった"),
    "jobs.job.returned": _noop("時間のかかる作業をもう一度動かすことにした"),
    "jobs.job.cancelled": _noop("時間のかかる作業を中止した"),
    "judgement.case-file.added": _noop("判定に使う資料を加えた"),
    "judgement.fact.declared": _noop("対策の質問に答えた"),
    "judgement.level.overridden": _noop("安全レベルを理由を付けて変えた"),
    "judgement.level.override-withdrawn": _noop("安全レベルを計算した値に戻した"),
    "network.change.done": _noop("ネットワークの変更の依頼を作業済みにした"),
    "network.change.downloaded": _noop("変更の依頼の、保守会社に渡す内容を受け取った"),
    "network.change.returned": _noop("ネットワークの変更の依頼を差し戻した"),
    "network.change.saved": _noop("ネットワークの変更の依頼を作った"),
    "network.change.sent": _noop("ネットワークの変更を依頼した"),
    "network.configuration.added": _noop("装置の設定を入れた"),
    "network.configuration.failed": _noop("装置の設定を読み取れなかった"),
    "network.configuration.read": _noop("装置の設定を読み取った"),
    "network.configuration.set-aside": _noop("装置の設定を外した"),
    "network.configuration.taken-up": _noop("外した装置の設定を戻した"),
    "network.configuration.tied": _noop("設定を装置に結び付けた"),
    "network.line.ticked": _noop("読み取れなかった行を確かめた"),
    "network.line.unticked": _noop("読み取れなかった行の印を外した"),
    "network.needs.accepted": _noop("必要な通信の表を取り込んだ"),
    "network.needs.checked": _noop("必要な通信の表を送って確かめた"),
    "network.needs.discarded": _noop("必要な通信の表を取り込まないことにした"),
    "network.needs.exported": _noop("必要な通信の表を受け取った"),
    "network.plan.added": _noop("ネットワークの地図の新しい版を作った"),
    "network.plan.downloaded": _noop("ネットワークの地図を受け取った"),
    "network.sheet.downloaded": _noop("つながりの図を受け取った"),
    "overview.drawing.downloaded": _noop("俯瞰図を受け取った"),
    "portal.hospital.added": _noop("医療機関を登録した"),
    "portal.sample.account": _noop("見本のアカウントを作った"),
    "programme.basics.asked": _noop("基本情報の確認をお願いした"),
    "programme.basics.checked": _noop("基本情報を確認した"),
    "programme.terms.agreed": _noop("規約に同意した"),
    "programme.terms.published": _noop("規約を公開した"),
    "programme.terms.withdrawn": _noop("規約への同意を取り消した"),
    "register.attachment.added": _noop("写真や書類を付けた"),
    "register.attachment.removed": _noop("写真や書類を外した"),
    "register.attachment.restored": _noop("外した写真や書類を元に戻した"),
    "register.list.exported": _noop("台帳の一覧を書き出した"),
    "register.question.asked": _noop("「不明」の確認先を書き留めた"),
    "reports.document.downloaded": _noop("報告書を受け取った"),
    "reports.report.issued": _noop("報告書を作った"),
    "reports.report.withdrawn": _noop("報告書を取り下げた"),
    "reports.template.added": _noop("報告書のひな形を加えた"),
    "reports.template.retired": _noop("報告書のひな形を使わないことにした"),
    "tenancy.assignment.ended": _noop("役割を終えた"),
    "tenancy.assignment.given": _noop("役割を付けた"),
    "tenancy.invitation.accepted": _noop("招待に応じた"),
    "tenancy.invitation.resent": _noop("招待状を送り直した"),
    "tenancy.invitation.revoked": _noop("招待を取り消した"),
    "tenancy.invitation.sent": _noop("招待状を送った"),
    "workbooks.upload.accepted": _noop("別紙2-1 を台帳に取り込んだ"),
    "workbooks.upload.checked": _noop("別紙2-1 を送って確かめた"),
    "workbooks.upload.discarded": _noop("送った別紙2-1 を取り込まないことにした"),
    "workbooks.upload.undone": _noop("別紙2-1 の取り込みを取り消した"),
    "workbooks.workbook.downloaded": _noop("別紙2-1 を受け取った"),
}


def verbs() -> frozenset[str]:
    """Return every verb that has a label."""
    return frozenset(_LABELS) | {f"register.{thing}.{change}" for thing in _REGISTER for change in _CHANGES}


def deed_of(verb: str) -> str:
    """Return what `verb` says, in the reader's language."""
    if verb in _LABELS:
        return _(_LABELS[verb])
    _app, thing, change = (*verb.split("."), "", "", "")[:3]
    if thing in _REGISTER and change in _CHANGES:
        return _(_CHANGES[change]) % {"thing": _(_REGISTER[thing])}
    return verb


def labels() -> dict[str, str]:
    """Return the label of each verb, for searching by it."""
    return {verb: deed_of(verb) for verb in verbs()}
