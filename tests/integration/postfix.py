"""A Postfix for a test: one port of the loopback address, its own folders, every mail into one mailbox, nothing out."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.images.calls import until

USER: Final = "mailer"
REALM: Final = "mx.example"
_PATIENCE: Final = 60.0  # seconds
_SERVICES: Final = """\
127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""
# There is no SMTP client among the services, and every domain is one of the mailbox: nothing can leave.
_SETTINGS: Final = {
    "compatibility_level": "3.6",
    "inet_interfaces": "127.0.0.1",
    "inet_protocols": "ipv4",
    "myhostname": REALM,
    "mydestination": "",
    "mynetworks": "127.0.0.0/8",
    "alias_maps": "",
    "alias_database": "",
    "local_recipient_maps": "",
    "virtual_mailbox_domains": "static:all",
    "virtual_mailbox_maps": "static:inbox/",
    "virtual_mailbox_limit": "0",
    "virtual_minimum_uid": "1",
    "default_transport": "error:nothing leaves this server",
    "relay_transport": "error:nothing leaves this server",
    "local_transport": "error:nothing leaves this server",
    "disable_dns_lookups": "yes",
    "smtpd_peername_lookup": "no",
    "smtputf8_enable": "yes",
    "message_size_limit": "10000000",
}


class NoPostfix(Exception):
    """Raised when Postfix cannot run here; says why."""


@dataclass(frozen=True, slots=True)
class Postfix:
    """One that runs.

    Attributes:
        port: of 127.0.0.1.
        root: its folders.
    """

    port: int
    root: Path

    def mails(self, count: int) -> list[bytes]:
        """The mails in the mailbox, as soon as there are so many."""
        inbox = self.root / "mail" / "inbox" / "new"
        until(lambda: inbox.is_dir() and len(list(inbox.iterdir())) >= count, _PATIENCE, f"{count} mails in {inbox}")
        return [path.read_bytes() for path in sorted(inbox.iterdir())]

    def log(self) -> str:
        """Everything that it has said."""
        path = self.root / "postfix.log"
        return path.read_text(errors="replace") if path.exists() else ""


@contextmanager
def postfix(settings: Mapping[str, str], password: str | None = None) -> Iterator[Postfix]:
    """Start one with these settings of main.cf beside those above, and stop it at the end.

    Args:
        settings: of main.cf.
        password: of USER, for AUTH; None for no AUTH.

    Raises:
        NoPostfix: it is not installed, or this is not root, which it must be started by.
    """
    missing = [name for name in ("postfix", "postconf", "saslpasswd2") if shutil.which(name) is None]
    if missing or os.geteuid() != 0:
        raise NoPostfix(f"{', '.join(missing)} not found" if missing else "only root can start it")
    root = Path(tempfile.mkdtemp(prefix="eccs-postfix-"))  # not under pytest's folder, which only its owner may enter
    try:
        root.chmod(0o755)
        running = Postfix(_free_port(), root)
        _configure(running, {**settings, **(_authentication(root, password) if password is not None else {})})
        _command(root, "start")
        try:
            until(lambda: _listens(running.port), _PATIENCE, f"Postfix on port {running.port}\n{running.log()}")
            yield running
        finally:
            _command(root, "stop")
    finally:
        shutil.rmtree(root, ignore_errors=True)


def _configure(running: Postfix, settings: Mapping[str, str]) -> None:
    """Write main.cf and master.cf, and make the folders that belong to Postfix."""
    root, account = running.root, pwd.getpwnam("postfix")
    for name in ("conf", "queue", "data", "mail"):
        (root / name).mkdir(exist_ok=True)
    for name in ("data", "mail"):
        os.chown(root / name, account.pw_uid, account.pw_gid)
    places = {
        "queue_directory": root / "queue",
        "data_directory": root / "data",
        "virtual_mailbox_base": root / "mail",
        "virtual_uid_maps": f"static:{account.pw_uid}",
        "virtual_gid_maps": f"static:{account.pw_gid}",
        "maillog_file": root / "postfix.log",
        "maillog_file_prefixes": root,
    }
    lines = [f"{name} = {value}\n" for name, value in {**_SETTINGS, **places, **settings}.items()]
    (root / "conf" / "main.cf").write_text("".join(lines))
    (root / "conf" / "master.cf").write_text(_SERVICES.format(port=running.port))


def _authentication(root: Path, password: str) -> dict[str, str]:
    """A database of Cyrus SASL with one user; the settings that use it."""
    folder, account = root / "conf" / "sasl", pwd.getpwnam("postfix")  # Debian's Postfix looks there only
    folder.mkdir(parents=True)
    database = root / "users.db"
    command = ["saslpasswd2", "-c", "-p", "-f", str(database), "-u", REALM, USER]
    subprocess.run(command, input=password, text=True, check=True, capture_output=True)
    os.chown(database, account.pw_uid, account.pw_gid)
    (folder / "smtpd.conf").write_text(
        f"pwcheck_method: auxprop\nauxprop_plugin: sasldb\nmech_list: PLAIN LOGIN\nsasldb_path: {database}\n"
    )
    return {
        "cyrus_sasl_config_path": str(folder),
        "smtpd_sasl_auth_enable": "yes",
        "smtpd_sasl_local_domain": REALM,
        "smtpd_tls_auth_only": "yes",
        "smtpd_relay_restrictions": "permit_sasl_authenticated, reject",
    }


def _command(root: Path, order: str) -> None:
    done = subprocess.run(
        ["postfix", "-c", str(root / "conf"), order], capture_output=True, text=True, timeout=60, check=False
    )
    if done.returncode:
        raise NoPostfix(f"postfix {order}: {(done.stderr or done.stdout).strip()[-500:]}")


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def _listens(port: int) -> bool:
    with socket.socket() as one:
        one.settimeout(1)
        return one.connect_ex(("127.0.0.1", port)) == 0
