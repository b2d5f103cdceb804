"""The words that the page's scripts say, translated once per page and handed over as data (`#ui-words`)."""

from django.utils.translation import gettext as _

from sekisho.foundation.ui.texts import sign


def words() -> dict[str, str]:
    """Return the words by key; `{name}` places are filled by the script."""
    return {
        "saving": _("保存しています"),
        "saved": _("保存しました"),
        "offline": _("つながっていません。この端末に控えてあります"),
        "notSaved": _("保存できませんでした"),
        "retry": _("もう一度保存する"),
        "refused": _("保存されていません。内容を確かめてください"),
        "conflict": _("ほかの人が先にこの欄を変えました"),
        "conflictBy": _("{by}さんの値"),
        "conflictMine": _("あなたの値"),
        "conflictUseMine": _("自分の値で保存する"),
        "conflictUseTheirs": _("相手の値を使う"),
        "empty": _("（空欄）"),
        "restored": _("前に入力した内容の控えを戻しました"),
        "serverError": _("サーバーで問題が起きました。少し待ってから、もう一度試してください。"),
        "networkError": _("つながりませんでした。ネットワークを確かめてから、もう一度試してください。"),
        "forbidden": _("この操作はできません。ページを読み直してから、もう一度試してください。"),
        "selected": _("{count}件を選んでいます"),
        "selectedNone": _("まだ選んでいません"),
        "selectedAll": _("一覧の{count}件すべてを選んでいます"),
        "chosenFile": _("{name}（{size}）を選びました"),
        "tooLarge": _("{name}は{size}あります。{limit}までのファイルを選んでください"),
        "uploading": _("送っています"),
        "uploaded": _("送り終わりました。内容を調べています"),
        "uploadFailed": _("送れませんでした。ファイルはそのままです。もう一度試してください"),
        "zoom": _("倍率 {percent}%"),
        "unsaved": _("まだ保存されていない入力があります。"),
        "close": _("閉じる"),
        "comma": sign("、"),
        "undo": _("元に戻す"),
        "menu": _("メニュー"),
    }
