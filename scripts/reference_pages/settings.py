"""The settings, from the environment reads of the code and the sentences below; neither may lack the other."""

import ast
from collections.abc import Iterator
from pathlib import Path

from scripts.reference_pages.markdown import code, page, table
from sekisho.domain.text import Text

SRC = Path(__file__).resolve().parents[2] / "src" / "sekisho"
READERS = {"_flag", "_words"}
OF_THE_SYSTEM = {"LC_ALL", "LC_MESSAGES", "LANG", "PATH", "DJANGO_SETTINGS_MODULE"}
"""Read as well, but set by the system or by us."""

MEANINGS = {
    "SEKISHO_STATE_DIR": Text(
        "データベース、預かったファイル、手元用の秘密の鍵を置くフォルダー。既定は、動かした場所の `var`",
        "Folder of the database, the stored files and the local secret; `var` where the command runs, unless set",
    ),
    "SEKISHO_PRODUCTION": Text(
        "`1` で本番。HTTPS だけを受け付け、秘密の鍵とホスト名がなければ動かない",
        "`1` for production: HTTPS only, and no start without a secret key and host names",
    ),
    "SEKISHO_DEBUG": Text(
        "`1` で不具合の詳しい記録を出す。本番のポータルでは効かない",
        "`1` shows details of faults; has no effect on a portal in production",
    ),
    "SEKISHO_SECRET_KEY": Text(
        "セッションや署名に使う秘密の鍵（50文字以上の乱数）。本番では必須。本番でなければ自動で作り、状態フォルダーに置く",
        "Secret for sessions and signatures, 50 random characters or more; compulsory in production, otherwise made once "
        "and kept in the state folder",
    ),
    "SEKISHO_HOSTS": Text(
        "ポータルのホスト名（コンマ区切り）。本番では必須",
        "Host names of the portal, by commas; compulsory in production",
    ),
    "SEKISHO_SITE_URL": Text(
        "メールに書くポータルのアドレス。`https://` なら、そこからの送信だけを信じる",
        "Address of the portal as written in mails; with `https://` also the one origin that forms are trusted from",
    ),
    "SEKISHO_TRUSTED_PROXIES": Text(
        "ポータルの前に立つ自分のプロキシの数。HTTPS と本当の接続元を知るために要る。本番では1以上",
        "How many proxies of your own stand before the portal; tells HTTPS and the client's true address. 1 or more in "
        "production",
    ),
    "SEKISHO_PROXY_ADDRESS": Text(
        "そのうち一番近いプロキシの接続元アドレス。ほかからの申告は信じない",
        "Address from which the nearest of them connects; nobody else's word on these is believed",
    ),
    "DATABASE_URL": Text(
        "データベース。例 `postgres://sekisho@db/sekisho`。既定は状態フォルダーの SQLite",
        "The database, e.g. `postgres://sekisho@db/sekisho`; SQLite in the state folder unless set",
    ),
    "SEKISHO_INVITATION_DAYS": Text("招待の有効日数", "Days for which an invitation is open"),
    "SEKISHO_UPLOAD_LIMIT_MB": Text(
        "アップロードできるファイルの大きさ（MB）", "Largest file that may be uploaded, in MB"
    ),
    "SEKISHO_FEEDS_KEY": Text(
        "弱点の情報のまとめファイルの署名を確かめる公開鍵（`sekisho-public-key/1 ` で始まる1行）。なければ、まとめファイルは取り込まない",
        "Public key that signs bundles of feeds (one line that begins with `sekisho-public-key/1 `); without it no bundle is "
        "taken",
    ),
    "SEKISHO_FEEDS_LIMIT_MB": Text(
        "弱点の情報のファイル一つの大きさの上限（MB）", "Largest file of a feed that may be handed in, in MB"
    ),
    "SEKISHO_WATCH_EPSS": Text(
        "悪用の見込み（EPSS、0〜1）がこの値以上になったら病院に知らせる",
        "Hospitals are told when the chance of exploitation (EPSS, 0 to 1) rises to this value or more",
    ),
    "SEKISHO_WATCH_NEW_DAYS": Text(
        "公表か更新がこの日数以内の弱点を「新しい」として知らせる。それより古いものは、攻撃に使われているときだけ知らせる",
        "A weakness published or changed within so many days is told as new; an older one only when it is exploited or likely",
    ),
    "SEKISHO_WATCH_SUPPORT_DAYS": Text(
        "サポートの終わりの何日前に知らせるか（コンマ区切り）。終わったときは必ず知らせる",
        "How many days before the end of support hospitals are told, by commas; the end itself is always told",
    ),
    "SEKISHO_REDIS_URL": Text(
        "Redis の場所。例 `rediss://:パスワード@cache/0`、`unix:///run/redis.sock`。裏の作業の順番待ちと、サインインの回数の"
        "数え上げを、すべてのポータルと作業役で分け合う。既定はなし（順番待ちはデータベース、回数はポータルごと）",
        "A Redis, e.g. `rediss://:password@cache/0` or `unix:///run/redis.sock`: all portals and workers share the queue of "
        "background work and the count of tries to sign in there. None unless set: the queue is in the database, each "
        "portal counts for itself",
    ),
    "SEKISHO_TASKS_BACKEND": Text(
        "裏の作業の順番待ちの場所（django-tasks のバックエンド）。既定は、`SEKISHO_REDIS_URL` があれば Redis、なければ"
        "データベース（`django_tasks_db.DatabaseBackend`）。回数だけを Redis に置きたいときに指定する",
        "Where background work waits: a backend of django-tasks. Unless set it is Redis with a `SEKISHO_REDIS_URL` and the "
        "database (`django_tasks_db.DatabaseBackend`) without one; name the latter to keep only the counts in Redis",
    ),
    "SEKISHO_REGIONS": Text(
        "診断を始める場所（地域）の名前をコンマ区切りで。例 `east,west`。病院ごとに一つ割り当てると、その地域の作業役だけが診断する。"
        "既定はなし（一か所から）",
        "Names of the places from which scans start, by commas, e.g. `east,west`: a hospital given to one is scanned by its "
        "workers only. None unless set: one place",
    ),
    "SEKISHO_WORKER_REGION": Text(
        "この作業役（`sekisho work`）が受け持つ地域。`--region` でも指定できる",
        "Region that this worker (`sekisho work`) serves; `--region` says it too",
    ),
    "SEKISHO_DIAGNOSIS_PARALLEL": Text(
        "一つの診断で同時に調べるアドレスの数", "How many addresses of one diagnosis are scanned side by side"
    ),
    "SEKISHO_JOB_PULSE_S": Text(
        "作業役が「動いている」と知らせる間隔（秒）。6回届かないと、その作業はほかの作業役に移る",
        "Seconds between a worker's signs of life; when six fail to come, its job goes to another worker",
    ),
    "SEKISHO_SMTP_HOST": Text(
        "メールサーバー。空ならメールは送られず、状態フォルダーの `mail` に書かれる",
        "Mail server; without one no mail leaves, each is written to `mail` in the state folder",
    ),
    "SEKISHO_SMTP_PORT": Text("メールサーバーのポート", "Its port"),
    "SEKISHO_SMTP_USER": Text("メールサーバーの利用者名", "Account at the mail server"),
    "SEKISHO_SMTP_PASSWORD": Text("メールサーバーのパスワード", "Its password"),
    "SEKISHO_SMTP_STARTTLS": Text("`0` で STARTTLS を使わない", "`0` to send without STARTTLS"),
    "SEKISHO_MAIL_FROM": Text("差出人", "Sender of mails"),
    "SEKISHO_MAIL_REPLY_TO": Text("返信先", "Where answers to mails go"),
    "SEKISHO_SUPPORT_CONTACT": Text(
        "困ったときの問い合わせ先。画面とメールに出る", "Whom to ask, as shown on pages and in mails"
    ),
    "SEKISHO_LOG_LEVEL": Text("記録の細かさ（`INFO` など）", "Level of the log, such as `INFO`"),
    "SEKISHO_NVD_API_KEY": Text(
        "NVD から取得する `sekisho feeds fetch nvd` の鍵。なくても動くが、1ページごとに6秒待つ",
        "Key for `sekisho feeds fetch nvd`; without one it works, pausing six seconds between pages",
    ),
}


def environment_reads() -> dict[str, str]:
    """Return every variable that the code reads, with its default as written in the code ("" for none)."""
    found: dict[str, str] = {"DATABASE_URL": ""}  # read by dj-database-url
    for path in sorted(SRC.rglob("*.py")):
        for name, default in _reads(ast.parse(path.read_text(encoding="utf-8"))):
            # A function of another module may share a reader's name; what it is given is no name of a variable.
            if name.isidentifier() and name not in OF_THE_SYSTEM and not found.get(name):
                found[name] = default
    return found


def _reads(tree: ast.AST) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _is_read(node.func) and node.args and isinstance(node.args[0], ast.Constant):
            name = str(node.args[0].value)
            flag = isinstance(node.func, ast.Name) and node.func.id == "_flag"
            given = [argument for argument in node.args[1:]] + [k.value for k in node.keywords if k.arg == "default"]
            plain = str(given[0].value) if given and isinstance(given[0], ast.Constant) else ""
            yield name, ({"True": "1"}.get(plain, "0") if flag else plain)


def _is_read(function: ast.expr) -> bool:
    if isinstance(function, ast.Name):
        return function.id in READERS
    return isinstance(function, ast.Attribute) and ast.unparse(function) in {"os.environ.get", "os.getenv"}


class SettingsDiffer(Exception):
    """The code reads a variable that has no sentence here, or one has a sentence that nobody reads."""


def settings(language: str) -> str:
    """Return the page."""
    reads = environment_reads()
    if reads.keys() != MEANINGS.keys():
        raise SettingsDiffer(sorted(reads.keys() ^ MEANINGS.keys()))
    ja = language == "ja"
    about = Text(
        "設定はすべて環境変数です。何も設定しなければ、1台のPCの中だけで動きます（SQLite、`127.0.0.1` のみ、ほかのサービスなし）。",
        "Every setting is an environment variable. With none set, the portal runs on one PC: SQLite, only on `127.0.0.1`, no "
        "other service.",
    )
    rows = ([code(name), code(reads[name]), meaning.within(language)] for name, meaning in MEANINGS.items())
    return page(
        "設定" if ja else "Settings",
        "src/sekisho/config/settings.py",
        language,
        about.within(language),
        table(["変数", "既定", "意味"] if ja else ["variable", "default", "meaning"], rows),
    )
