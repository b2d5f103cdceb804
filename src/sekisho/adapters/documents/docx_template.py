"""Fills a DOCX template of the secretariat: checked before it is opened, filled in a sandbox, in a process of its own.

A template may only place words and repeat rows. It sees plain strings, lists and dicts; no attribute or function of a
Python object is within reach; time and memory are bounded; nothing outside the file is loaded.
"""

import base64
import io
import json
import subprocess
import sys
import zipfile
from typing import Any

from docxtpl import DocxTemplate
from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError, UndefinedError
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from sekisho.adapters.documents.docx_blocks import BODY_MARKER, marker_xml
from sekisho.domain.text import Text

MAX_BYTES = 10_000_000
MAX_UNPACKED_BYTES = 60_000_000
MAX_PARTS = 2_000
SECONDS = 20
MEMORY_BYTES = 1_000_000_000


class TemplateRefused(ValueError):
    """A template cannot be used. `message` says what is wrong, where, and how to mend it."""

    def __init__(self, message: Text) -> None:
        super().__init__(message.en)
        self.message = message


def check_template(template: bytes) -> None:
    """Look at a template's parts without opening it as a document.

    Raises:
        TemplateRefused: not a DOCX, too large, with macros, with outside links, or with an XML document type.
    """
    if len(template) > MAX_BYTES:
        raise TemplateRefused(_TOO_LARGE)
    try:
        with zipfile.ZipFile(io.BytesIO(template)) as archive:
            _check_parts(archive)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError, ValueError) as error:
        raise error if isinstance(error, TemplateRefused) else TemplateRefused(_NOT_DOCX) from error


def _check_parts(archive: zipfile.ZipFile) -> None:
    parts = archive.infolist()
    if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED_BYTES:
        raise TemplateRefused(_TOO_LARGE)
    names = {part.filename for part in parts}
    if not {"[Content_Types].xml", "word/document.xml"} <= names:
        raise TemplateRefused(_NOT_DOCX)
    if any("vbaproject" in name.lower() or "activex" in name.lower() for name in names):
        raise TemplateRefused(_MACROS)
    for part in parts:
        if part.filename.endswith((".xml", ".rels")):
            _check_xml(part.filename, archive.read(part))


def _check_xml(name: str, body: bytes) -> None:
    # UTF-16 would hide both words from this look; Word writes UTF-8.
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body or body.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise TemplateRefused(_DOCTYPE.filled(part=name))
    if name.endswith(".rels"):
        for relation in body.split(b"<Relationship ")[1:]:
            if b'TargetMode="External"' in relation and b"/hyperlink" not in relation:
                raise TemplateRefused(_OUTSIDE.filled(part=name))


def fill(template: bytes, context: dict[str, Any]) -> bytes:
    """Return `template` filled with `context`, in this process. For the built-in template and for `fill_apart`.

    `context["body"]` names the sections; each comes out as a marked paragraph where its content belongs.

    Raises:
        TemplateRefused: the template's own words cannot be followed.
    """
    environment = ImmutableSandboxedEnvironment(autoescape=True, undefined=StrictUndefined)
    environment.globals.clear()
    placed = context | {"body": {name: Markup(marker_xml(BODY_MARKER + name)) for name in context["body"]}}  # noqa: S704 our own
    stream = io.BytesIO()
    try:
        document = DocxTemplate(io.BytesIO(template))
        document.render(placed, jinja_env=environment, autoescape=True)
        document.save(stream)
    except (TemplateError, SecurityError) as error:
        raise TemplateRefused(_explained(error, context)) from error
    except (KeyError, ValueError, TypeError, OSError, zipfile.BadZipFile, RecursionError, SyntaxError) as error:
        raise TemplateRefused(_BROKEN.filled(why=type(error).__name__)) from error
    return stream.getvalue()


def fill_apart(template: bytes, context: dict[str, Any], *, seconds: float = SECONDS) -> bytes:
    """Return `template` filled with `context`, by a process that is ended when it takes too long or too much.

    Raises:
        TemplateRefused: as `fill`; also when the limits are reached.
    """
    check_template(template)
    asked = json.dumps({"template": base64.b64encode(template).decode(), "context": context})
    command = [sys.executable, "-m", "sekisho.adapters.documents.docx_template"]
    try:
        done = subprocess.run(command, input=asked.encode(), capture_output=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired as error:
        raise TemplateRefused(_TOO_SLOW.filled(seconds=int(seconds))) from error
    if done.returncode == 0:
        return done.stdout
    if done.returncode == _REFUSED:
        said = json.loads(done.stdout)
        raise TemplateRefused(Text(said["ja"], said["en"]))
    raise TemplateRefused(_TOO_SLOW.filled(seconds=int(seconds)))


_REFUSED = 3


def _answer() -> int:
    """Fill one template from standard input to standard output; the child's side of `fill_apart`."""
    _limit_memory()
    asked = json.load(sys.stdin)
    try:
        filled = fill(base64.b64decode(asked["template"]), asked["context"])
    except TemplateRefused as refused:
        sys.stdout.write(json.dumps(refused.message.as_dict()))
        return _REFUSED
    except MemoryError:
        return 4
    sys.stdout.buffer.write(filled)
    return 0


def _limit_memory() -> None:
    try:
        import resource
    except ImportError:  # Windows: the time limit alone holds there
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))


def _explained(error: Exception, context: dict[str, Any]) -> Text:
    """Return what is wrong with a template in plain words, with the words around the place."""
    near = _near(error)
    where = (
        Text("「{near}」のあたり", "near “{near}”").filled(near=near) if near else Text("様式の中", "in the template")
    )
    if isinstance(error, UndefinedError):
        names = "、".join(sorted(context))
        return _NO_NAME.filled(where=where, why=str(error.message)[:120], names=names)
    if isinstance(error, SecurityError):
        return _NOT_ALLOWED.filled(where=where)
    if isinstance(error, TemplateSyntaxError):
        return _SYNTAX.filled(where=where, why=str(error.message)[:160])
    return _SYNTAX.filled(where=where, why=type(error).__name__)


def _near(error: Exception) -> str:
    lines = [line.strip() for line in getattr(error, "docx_context", ())]
    return " ".join(line for line in lines if line)[:160]


_TOO_LARGE = Text(
    "様式が大きすぎます（10MBまで）。大きな画像を減らして、もう一度お試しください。",
    "The template is too large (10 MB at most). Use fewer or smaller pictures.",
)
_NOT_DOCX = Text(
    "様式を Word 文書（.docx）として読めません。パスワードを外し、Word で「.docx」の形式で保存し直してください。",
    "The template is not a readable Word file (.docx). Remove any password and save it as .docx.",
)
_MACROS = Text(
    "様式にマクロが入っています。マクロのない「.docx」の形式で保存し直してください。",
    "The template holds macros. Save it as .docx without macros.",
)
_DOCTYPE = Text(
    "様式の「{part}」に、Word が書かない宣言があります。Word で開き、新しい文書に写して保存し直してください。",
    "“{part}” of the template holds a declaration that Word never writes. Copy it into a new document and save that.",
)
_OUTSIDE = Text(
    "様式の「{part}」が、外のファイルや画像を読み込もうとしています。画像は文書の中に貼り付けてください。",
    "“{part}” of the template loads something from outside. Put pictures into the document itself.",
)
_BROKEN = Text(
    "様式を開けません（{why}）。Word で開いて保存し直してください。",
    "The template cannot be opened ({why}). Open it in Word and save it again.",
)
_NO_NAME = Text(
    "様式の{where}に、使えない名前があります（{why}）。使える名前：{names}。つづりを確かめてください。",
    "The template uses an unknown name {where} ({why}). Names: {names}. Check the spelling.",
)
_NOT_ALLOWED = Text(
    "様式の{where}に、許されない書き方があります。言葉を置く「{{{{ 名前 }}}}」と、くり返しの「{{% for %}}」だけを使ってください。",
    "The template does something not allowed {where}. Use only “{{{{ name }}}}” and “{{% for %}}”.",
)
_SYNTAX = Text(
    "様式の{where}の書き方が正しくありません（{why}）。かっこ「{{{{ }}}}」「{{% %}}」の対応を確かめてください。",
    "The template cannot be understood {where} ({why}). Check that “{{{{ }}}}” and “{{% %}}” match.",
)
_TOO_SLOW = Text(
    "様式の処理が{seconds}秒か、使えるメモリの量を超えたため、止めました。くり返しの中のくり返しを減らしてください。",
    "The template took more than {seconds} seconds or too much memory and was stopped. Use fewer nested loops.",
)

if __name__ == "__main__":
    sys.exit(_answer())
