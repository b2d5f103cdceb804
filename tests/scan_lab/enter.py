"""Starts a program inside a lab: `enter.py PID SPACE COMMAND ...`; SPACE is a namespace of the lab, or `-` for the scanner.

The program joins the lab's mounts, network and processes, so that it dies with the lab; signals are handed on to it, and
its end is this program's end. Nothing but the standard library.
"""

import ctypes
import os
import signal
import sys
from types import FrameType
from typing import NoReturn

_PR_SET_PDEATHSIG = 1
_HANDED_ON = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2)


def _join(process: str, space: str) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    kinds = ["mnt", "net", "pid"]
    if os.readlink(f"/proc/{process}/ns/user") != os.readlink("/proc/self/ns/user"):
        kinds.insert(0, "user")
    files = [os.open(f"/proc/{process}/ns/{kind}", os.O_RDONLY) for kind in kinds]
    for file in files:
        _set_namespace(libc, file)
    if space != "-":
        _set_namespace(libc, os.open(f"/run/netns/{space}", os.O_RDONLY))


def _set_namespace(libc: ctypes.CDLL, file: int) -> None:
    if libc.setns(file, 0) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    os.close(file)


def _become(command: list[str]) -> NoReturn:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    try:
        os.execvp(command[0], command)
    except OSError as error:
        print(f"{command[0]}: {error.strerror}", file=sys.stderr, flush=True)
        os._exit(127)


def main() -> None:
    """Join, start, hand on, end the same way."""
    process, space, *command = sys.argv[1:]
    folder = os.getcwd()
    _join(process, space)
    os.chdir(folder)
    child = os.fork()
    if child == 0:
        _become(command)

    def hand_on(number: int, frame: FrameType | None) -> None:
        os.kill(child, number)

    for one in _HANDED_ON:
        signal.signal(one, hand_on)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        signal.signal(os.WTERMSIG(status), signal.SIG_DFL) if os.WTERMSIG(status) != signal.SIGKILL else None
        os.kill(os.getpid(), os.WTERMSIG(status))
    sys.exit(os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    main()
