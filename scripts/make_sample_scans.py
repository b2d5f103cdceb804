"""Makes the nmap results of the sample hospital by really scanning, inside two network namespaces made for it.

    sudo .venv/bin/python scripts/make_sample_scans.py

The addresses are those of RFC 5737 (documentation) and exist only on the pair of virtual cables between the two
namespaces; there is no way out of them, and both are removed at the end. What the boundary devices of the story would
answer is played by two small listeners: the SSL-VPN page and the key exchange of line 5. Line 4 answers nothing:
that its scan finds no open port is the point of the story.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

SAMPLE = Path(__file__).parent.parent / "src/sekisho/catalogue/samples/aoba/nmap"
SCANNER, TARGET = "sekisho-scanner", "sekisho-target"
SCANNER_ADDRESS, TARGET_ADDRESSES = "203.0.113.190", ("203.0.113.26", "203.0.113.14")
SCANS = {"line-04.xml": "203.0.113.14", "line-05.xml": "203.0.113.26"}
ANSWERS = "ip daddr 203.0.113.26 tcp dport 443 accept; ip daddr 203.0.113.26 udp dport 500 accept;"
RULES = f"table inet boundary {{ chain input {{ type filter hook input priority 0; policy drop; {ANSWERS} }}; }}"
LIMIT_S = 240

LISTENERS = r'''
import socket, ssl, sys, threading

def key_exchange():
    """Answer any IKE packet with "no proposal chosen", under the asker's own cookie."""
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind(("203.0.113.26", 500))
    while True:
        packet, sender = udp.recvfrom(4096)
        if len(packet) >= 28:
            payload = bytes([0, 0, 0, 12, 0, 0, 0, 1, 1, 0, 0, 14])
            header = packet[:8] + b"\x11" * 8 + bytes([11, 16, 5, 0]) + bytes(4) + (28 + len(payload)).to_bytes(4, "big")
            udp.sendto(header + payload, sender)

def web_page():
    """Answer every request as the sign-in page of an SSL-VPN does."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[1])
    tcp = socket.create_server(("203.0.113.26", 443))
    page = b"<html><script>top.location=\"/remote/login\";</script></html>"
    reply = b"HTTP/1.1 200 OK\r\nServer: xxxxxxxx-xxxxx\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n%s"
    while True:
        plain, _ = tcp.accept()
        threading.Thread(target=answer, args=(context, plain, reply % (len(page), page)), daemon=True).start()

def answer(context, plain, reply):
    try:
        with context.wrap_socket(plain, server_side=True) as secure:
            secure.settimeout(5)
            secure.recv(4096)
            secure.sendall(reply)
    except OSError:
        pass

threading.Thread(target=key_exchange, daemon=True).start()
web_page()
'''


def run(*words: str, inside: str = "") -> None:
    """Run one command, inside a namespace when one is named; stop at the first that fails."""
    prefix = ("ip", "netns", "exec", inside) if inside else ()
    subprocess.run([*prefix, *words], check=True, timeout=LIMIT_S)


def join_namespaces() -> None:
    """Make both namespaces and the cable between them; nothing else is connected to either."""
    run("ip", "netns", "add", SCANNER)
    run("ip", "netns", "add", TARGET)
    run("ip", "link", "add", "sample0", "netns", SCANNER, "type", "veth", "peer", "sample1", "netns", TARGET)
    for namespace, card, addresses in ((SCANNER, "sample0", (SCANNER_ADDRESS,)), (TARGET, "sample1", TARGET_ADDRESSES)):
        for address in addresses:
            run("ip", "address", "add", f"{address}/24", "dev", card, inside=namespace)
        run("ip", "link", "set", card, "up", inside=namespace)
        run("ip", "link", "set", "lo", "up", inside=namespace)
    run("nft", RULES, inside=TARGET)


def certificate(folder: Path) -> Path:
    """Return a fresh certificate with its key, of the kind that a boundary device signs itself."""
    both = folder / "certificate.pem"
    run(
        *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=FGT60FTK00000000"),
        *("-keyout", str(both), "-out", str(folder / "public.pem")),
    )
    both.write_text(both.read_text() + (folder / "public.pem").read_text())
    return both


def scan() -> None:
    """Scan both addresses, every TCP port and the usual UDP ones, and keep nmap's own files."""
    ports = "T:1-65535,U:53,123,161,500,1194,1701,4500"
    for name, address in SCANS.items():
        run(
            *(
                "nmap",
                "-sS",
                "-sU",
                "-sV",
                "-Pn",
                "-n",
                "--disable-arp-ping",
                "--send-ip",
                "--reason",
                "--min-rate",
                "3000",
                "--max-retries",
                "1",
                "--version-light",
            ),
            *("-p", ports, "-oX", name, address),
            inside=SCANNER,
        )
        shutil.copyfile(name, SAMPLE / name)


def main() -> int:
    """Make the scans; leave no namespace and no process behind."""
    SAMPLE.mkdir(parents=True, exist_ok=True)
    listeners = None
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            join_namespaces()
            command = [sys.executable, "-c", LISTENERS, str(certificate(Path(folder)))]
            listeners = subprocess.Popen(["ip", "netns", "exec", TARGET, *command])
            scan()
        finally:
            if listeners:
                listeners.send_signal(signal.SIGTERM)
                listeners.wait(timeout=10)
            for namespace in (SCANNER, TARGET):
                subprocess.run(["ip", "netns", "delete", namespace], check=False)
            os.chdir(SAMPLE)
    return 0


if __name__ == "__main__":
    sys.exit(main())
