"""Real services from Debian, each with throw-away keys, configuration and folders, and stand-ins for hostile ones.

Certificates are made at the time of the call; everything lies in the lab's own memory and goes with it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.x509.oid import NameOID

from tests.scan_lab.plan import Answer, Service

TERMINAL_ESCAPES = Answer(
    b"\x1b]0;owned\x07\x1b[2J\x1b[31mroot\x1b[0m \xc2\x9b1;31m \x00\xff\xfe \xe2\x80\xae 220 ready\r\n"
)
"""Greets with what would change a terminal's title, clear it, colour it, and turn its text round."""
MEGABYTES = Answer(reply=b"A" * 4096, end="flood")
"""Sends megabytes of one long line to whoever connects."""
TAR_PIT = Answer(end="hold")
"""Accepts, and never says anything."""


@dataclass(frozen=True)
class Certificate:
    """A self-signed certificate with its key, both PEM."""

    certificate: bytes
    key: bytes


def certificate(name: str, *, from_days: int = -30, to_days: int = 365, bits: int = 2048) -> Certificate:
    """Make a certificate for `name`, valid from and to so many days from now."""
    key = rsa.generate_private_key(65_537, bits)
    now = datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now + timedelta(days=from_days))
        .not_valid_after(now + timedelta(days=to_days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    return Certificate(made.public_bytes(serialization.Encoding.PEM), private)


_WEAK_SSH = """
KexAlgorithms +diffie-hellman-group1-sha1,diffie-hellman-group14-sha1
HostKeyAlgorithms +ssh-rsa
Ciphers +3des-cbc,aes128-cbc
MACs +hmac-md5,hmac-sha1
"""


def openssh(port: int = 22, *, is_weak: bool = False, passwords: bool = True) -> Service:
    """Return OpenSSH; `is_weak` offers algorithms of twenty years ago."""
    kept = (serialization.PrivateFormat.OpenSSH, serialization.NoEncryption())
    keys = {"ed25519": ed25519.Ed25519PrivateKey.generate(), "rsa": rsa.generate_private_key(65_537, 2048)}
    configuration = "\n".join([
        f"Port {port}", "PidFile none", "UsePAM no", f"PasswordAuthentication {'yes' if passwords else 'no'}",
        *(f"HostKey {{dir}}/{name}.key" for name in keys), "MaxStartups 100", _WEAK_SSH if is_weak else "",
    ])  # fmt: skip
    return Service(
        ("/usr/sbin/sshd", "-D", "-e", "-f", "{dir}/sshd_config"),
        tcp=(port,),
        files={"sshd_config": configuration.encode()}
        | {f"{name}.key": key.private_bytes(serialization.Encoding.PEM, *kept) for name, key in keys.items()},
        prepare=(("mkdir", "-p", "/run/sshd"),),
    )


def nginx(
    port: int = 443, *, with_certificate: Certificate | None = None, is_weak: bool = False, body: str = "lab"
) -> Service:
    """Return nginx, over TLS when it has a certificate; `is_weak` speaks TLS 1.0 and 1.1 too, with small keys and SHA-1."""
    tls = ""
    if with_certificate:
        old = "TLSv1 TLSv1.1 " if is_weak else ""
        ciphers = "ALL:@SECLEVEL=0" if is_weak else "HIGH:!aNULL"
        tls = (
            "ssl_certificate {dir}/site.pem; ssl_certificate_key {dir}/site.key;"
            f" ssl_protocols {old}TLSv1.2{'' if is_weak else ' TLSv1.3'}; ssl_ciphers {ciphers};"
        )
    configuration = f"""
pid {{dir}}/nginx.pid; error_log stderr; daemon off; worker_processes 1; user root;
events {{ worker_connections 256; }}
http {{
  access_log off;
  {" ".join(f"{kind}_temp_path {{dir}}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))}
  server {{ listen {port}{" ssl" if tls else ""}; {tls} location / {{ return 200 "{body}"; }} }}
}}
"""
    files = {"nginx.conf": configuration.encode()}
    if with_certificate:
        files |= {"site.pem": with_certificate.certificate, "site.key": with_certificate.key}
    return Service(("/usr/sbin/nginx", "-e", "stderr", "-c", "{dir}/nginx.conf"), tcp=(port,), files=files)


def xrdp(port: int = 3389, *, security: str = "negotiate") -> Service:
    """Return xrdp; `security` "rdp" is the old encryption without TLS, "negotiate" lets the client choose, "tls" insists."""
    made = certificate("rdp.lab.example")
    configuration = f"""
[Globals]
ini_version=1
fork=true
port={port}
tcp_nodelay=true
security_layer={security}
crypt_level=low
certificate={{dir}}/rdp.pem
key_file={{dir}}/rdp.key
ssl_protocols=TLSv1.2, TLSv1.3
max_bpp=24
[Logging]
LogFile={{dir}}/xrdp.log
LogLevel=INFO
EnableSyslog=false
[Xorg]
name=Xorg
lib=libxup.so
username=ask
password=ask
ip=127.0.0.1
port=-1
"""
    return Service(
        ("/usr/sbin/xrdp", "--nodaemon", "--config", "{dir}/xrdp.ini"),
        tcp=(port,),
        files={"xrdp.ini": configuration.encode(), "rdp.pem": made.certificate, "rdp.key": made.key},
        folders=("etc", "run/xrdp"),
        prepare=(
            ("sh", "-c", "cp -r /etc/xrdp/. {dir}/etc; xrdp-keygen xrdp {dir}/etc/rsakeys.ini 2048"),
            ("mount", "--bind", "{dir}/etc", "/etc/xrdp"),
        ),
    )


def strongswan(
    *, proposals: Sequence[str] = ("3des-md5-modp1024", "aes128-sha1-modp1024"), aggressive: bool = True
) -> Service:
    """Return strongSwan's IKE daemon with a pre-shared key; `aggressive` allows IKEv1 aggressive mode."""
    connection = f"""
config setup
    uniqueids=no
conn lab
    keyexchange=ikev1
    aggressive={"yes" if aggressive else "no"}
    authby=psk
    left=%any
    right=%any
    ike={",".join(proposals)}!
    auto=add
conn lab2
    keyexchange=ikev2
    authby=psk
    left=%any
    right=%any
    ike={",".join(proposals)}!
    auto=add
"""
    settings = """
charon {
  i_dont_care_about_security_and_use_aggressive_mode_psk = yes
  load_modular = yes
  filelog { stderr { default = 1 } }
  plugins { include /etc/strongswan.d/charon/*.conf }
}
starter { load_warning = no }
"""
    return Service(
        (
            "env",
            "STRONGSWAN_CONF={dir}/strongswan.conf",
            "/usr/lib/ipsec/starter",
            "--conf",
            "{dir}/ipsec.conf",
            "--nofork",
        ),
        udp=(500, 4500),
        files={
            "ipsec.conf": connection.encode(),
            "strongswan.conf": settings.encode(),
            "secrets.key": b': PSK "lab"\n',
        },
        prepare=(("mount", "--bind", "{dir}/secrets.key", "/etc/ipsec.secrets"),),
    )


def snmpd(community: str = "public", *, contact: str = "lab@hospital.example") -> Service:
    """Return net-snmp's agent, readable with `community`."""
    configuration = f"agentaddress udp:161\nrocommunity {community}\nsysName lab-router\nsysDescr Lab Router 1.2\nsysContact {contact}\n"
    return Service(
        (
            "env",
            "SNMP_PERSISTENT_DIR={dir}/state",
            "/usr/sbin/snmpd",
            "-f",
            "-Lo",
            "-C",
            "-c",
            "{dir}/snmpd.conf",
            "-p",
            "{dir}/pid",
        ),
        udp=(161,),
        files={"snmpd.conf": configuration.encode()},
        folders=("state",),
    )


def vsftpd(port: int = 21, *, anonymous: bool = True) -> Service:
    """Return vsftpd; `anonymous` lets anybody in and read."""
    configuration = f"""
listen=YES
listen_port={port}
background=NO
anonymous_enable={"YES" if anonymous else "NO"}
local_enable=NO
anon_root={{dir}}/files
secure_chroot_dir={{dir}}/empty
pasv_min_port=40000
pasv_max_port=40009
seccomp_sandbox=NO
isolate_network=NO
"""
    return Service(
        ("/usr/sbin/vsftpd", "{dir}/vsftpd.conf"),
        tcp=(port,),
        more_tcp=tuple(range(40_000, 40_010)),
        files={"vsftpd.conf": configuration.encode(), "files/patients.csv": b"nobody,nowhere\n"},
        folders=("empty",),
    )


def dnsmasq(*, tftp: bool = True, resolves: bool = True) -> Service:
    """Return dnsmasq: DNS for anybody (name `lab.example`), and TFTP with one file."""
    files = ["--enable-tftp", "--tftp-root={dir}/tftp"] if tftp else []
    return Service(
        (
            "/usr/sbin/dnsmasq", "--keep-in-foreground", "--log-facility=-", "--conf-file=/dev/null", "--no-resolv", "--no-hosts",
            "--user=root", "--pid-file={dir}/pid", "--port=53" if resolves else "--port=0",
            "--address=/lab.example/192.0.2.80", *files,
        ),
        tcp=(53,) if resolves else (),
        udp=(*((53,) if resolves else ()), *((69,) if tftp else ())),
        files={"tftp/router.cfg": b"hostname lab\n"},
    )  # fmt: skip
