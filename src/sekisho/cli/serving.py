"""`sekisho serve` and `sekisho work`: the portal and its background worker, on one PC without any other service."""

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, suppress
from typing import Any

from sekisho.cli.main import CannotDo
from sekisho.domain.text import Text

WORKER_RESTART_DELAY_S = 2.0


def prepare_django() -> None:
    """Load the settings; every command that needs the database calls this first.

    Raises:
        CannotDo: a setting is missing or makes no sense.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sekisho.config.settings")
    import django
    from django.core.exceptions import ImproperlyConfigured

    try:
        django.setup()
    except ImproperlyConfigured as error:
        raise CannotDo(
            Text(f"設定（環境変数）を直してください（{error}）", f"A setting (environment variable) is wrong: {error}")
        ) from error


def migrate() -> None:
    """Bring the database to this version. Nothing happens when it is there already."""
    from django.core.management import call_command

    call_command("migrate", interactive=False, verbosity=0)


def serve(*, host: str, port: int, threads: int, with_worker: bool) -> int:
    """Serve the portal until Ctrl+C or SIGTERM. Returns the exit status."""
    prepare_django()
    migrate()
    from django.conf import settings
    from django.core.management import call_command
    from waitress.server import create_server

    if settings.PRODUCTION and not settings.ALLAUTH_TRUSTED_PROXY_COUNT:
        print(
            "本番では、HTTPS を受け持つプロキシの後ろで動かします。プロキシの数を SEKISHO_TRUSTED_PROXIES に設定してください。 / "
            "In production the portal runs behind a proxy that keeps HTTPS: set SEKISHO_TRUSTED_PROXIES to how many.",
            file=sys.stderr,
        )
        return 2
    if settings.PRODUCTION:
        call_command("collectstatic", interactive=False, verbosity=0)
    from sekisho.config.wsgi import application

    with ExitStack() as stack:
        try:
            server = create_server(
                application, host=host, port=port, threads=threads, ident="Sekisho", **_trust_in_proxies()
            )
        except OSError as error:
            print(
                f"{host}:{port} を使えません（{error.strerror}）。ほかのプログラムが使っていないか確かめるか、"
                f"--port で別の番号を指定してください。 / Cannot listen on {host}:{port}; choose another with --port.",
                file=sys.stderr,
            )
            return 2
        if with_worker:
            stack.callback(_start_worker().stop)
        signal.signal(signal.SIGTERM, _interrupt)
        print(f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{port}/", flush=True)  # noqa: S104 - shown, not bound
        with suppress(KeyboardInterrupt):
            server.run()
        server.close()
    return 0


def _trust_in_proxies() -> dict[str, Any]:
    """Return whose word about the client's address and HTTPS waitress passes on; it drops everybody else's."""
    from django.conf import settings

    if not settings.ALLAUTH_TRUSTED_PROXY_COUNT:
        return {}
    return {
        "trusted_proxy": settings.PROXY_ADDRESS,
        "trusted_proxy_count": settings.ALLAUTH_TRUSTED_PROXY_COUNT,
        "trusted_proxy_headers": {"x-forwarded-for", "x-forwarded-proto"},
    }


def work(region: str | None = None) -> int:
    """Run the background jobs of `region` (None: as the settings say) until Ctrl+C or SIGTERM. Returns the exit status.

    Raises:
        CannotDo: the settings know no such region.
    """
    prepare_django()
    from django.conf import settings

    region = settings.WORKER_REGION if region is None else region
    if region and region not in settings.REGIONS:
        known = ", ".join(settings.REGIONS) or "-"
        raise CannotDo(
            Text(
                f"地域「{region}」は設定にありません。SEKISHO_REGIONS に書かれた地域（{known}）から選んでください。",
                f"There is no region “{region}”: choose one of those in SEKISHO_REGIONS ({known}).",
            )
        )
    from sekisho.foundation.jobs import pulse

    pulse.become_worker()
    if settings.TASKS_BACKEND == settings.REDIS_TASKS_BACKEND:
        return _work_from_redis(region)
    return _work_from_database(region)


def _work_from_database(region: str) -> int:
    from django.core.management import call_command

    from sekisho.foundation.jobs import order, upkeep

    upkeep.once(region)
    with upkeep.going_on(region):
        call_command("db_worker", queue_name=order.queue_of(region), interval=0.5, startup_delay=False)
    return 0


def _work_from_redis(region: str) -> int:
    from sekisho.foundation.jobs import redis_worker

    try:
        redis_worker.work(region)
    except redis_worker.RedisRefuses as refused:
        print(
            f"Redis を使えません（{refused}）。SEKISHO_REDIS_URL の番号・利用者名・パスワードを確かめてください。 / "
            f"Redis refuses ({refused}): check SEKISHO_REDIS_URL.",
            file=sys.stderr,
        )
        return 2
    return 0


def _interrupt(_signal: int, _frame: object) -> None:
    raise KeyboardInterrupt


class _Worker:
    """A worker process beside the server; started again when it dies."""

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._process = self._spawn()
        threading.Thread(target=self._watch, daemon=True, name="worker-watch").start()

    @staticmethod
    def _spawn() -> "subprocess.Popen[bytes]":
        return subprocess.Popen([sys.executable, "-m", "sekisho.cli.main", "work"])

    def _watch(self) -> None:
        while not self._stopping.is_set():
            self._process.wait()
            if self._stopping.wait(WORKER_RESTART_DELAY_S):
                return
            self._process = self._spawn()

    def stop(self) -> None:
        """Ask the worker to finish its job and end; end it after ten seconds."""
        self._stopping.set()
        self._process.terminate()
        deadline = time.monotonic() + 10
        while self._process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        if self._process.poll() is None:
            self._process.kill()


def _start_worker() -> _Worker:
    return _Worker()
