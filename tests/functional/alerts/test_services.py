"""The sending process: which services it knows, and where it does not connect, what it does not read."""

import json
import subprocess
import sys
from ipaddress import ip_network

import pytest
from apprise import Apprise

from mothlight.alerts.sending.outcome import Failed, Message
from mothlight.alerts.sending.process import Services
from mothlight.alerts.services import SCHEMES, scheme_of
from tests.support.receivers import HERE, WebReceiver

MESSAGE = Message("d", "m", "PayError is new", "declined", b"{}")


@pytest.fixture
def services():
    made = []

    def make(allow=HERE, **more):
        made.append(Services(allow, **more))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def web():
    made = WebReceiver()
    yield made
    made.stop()


def test_every_scheme_is_one_of_the_library():
    known = {
        scheme
        for service in Apprise().details()["schemas"]
        for scheme in (*(service["protocols"] or ()), *(service["secure_protocols"] or ()))
    }

    assert known >= SCHEMES


@pytest.mark.parametrize(
    "address",
    [
        "syslog://",
        "rsyslog://127.0.0.1",
        "dbus://",
        "gnome://",
        "macosx://",
        "windows://",
        "file:///etc/passwd",
        "fcm://project?keyfile=/etc/passwd",
        "vapid://x",
        "apprise://127.0.0.1/token",
        "slack",
        "",
    ],
)
def test_what_is_no_network_service_is_none(address):
    assert scheme_of(address) is None


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ", "Slack"),
        ("discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js", "Discord"),
        ("tgram://123456789:abcdefg_hijklmnop/12315544", "Telegram"),
        ("ntfy://ntfy.sh/storefront", "ntfy"),
        ("matrixs://user:password@matrix.example/#room", "Matrix"),
        ("mailtos://user:password@fernhill.example?to=mira@fernhill.example", "E-Mail"),
        ("workflows://prod-04.uksouth.logic.azure.com/643e69f83c8944/sig", "Power Automate / Workflows (for MSTeams)"),
    ],
)
def test_addresses_of_services_are_known(services, address, name):
    assert services().examine(address) == name


def test_an_address_that_its_service_does_not_take_is_refused(services):
    with pytest.raises(Failed, match="no service takes messages"):
        services().examine("slack://nothing")


def test_a_message_arrives(services, web):
    services().send(f"json://127.0.0.1:{web.port}/path", MESSAGE)

    ((_, body),) = web.taken
    assert json.loads(body)["title"] == "PayError is new"


def test_what_a_service_says_is_told_without_what_is_secret(services, web):
    web.status = 403
    with pytest.raises(Failed) as failed:
        services().send(f"json://someone:pass-word-9@127.0.0.1:{web.port}/secret-path", MESSAGE)

    assert "403" in str(failed.value)
    assert not any(secret in str(failed.value) for secret in ("pass-word-9", "secret-path"))
    assert not failed.value.is_final


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "2130706433", "[::ffff:127.0.0.1]"])
def test_a_private_address_gets_nothing(services, web, host):
    with pytest.raises(Failed):
        services(allow=()).send(f"json://{host}:{web.port}/", MESSAGE)

    assert web.seen == []


def test_a_name_can_be_allowed(services, web):
    services(allow=("localhost",)).send(f"json://localhost:{web.port}/", MESSAGE)

    assert len(web.taken) == 1


def test_a_redirect_leads_to_no_private_address(services, web):
    inside = WebReceiver("127.0.0.2")
    try:
        web.status, web.location = 307, f"http://127.0.0.2:{inside.port}/metadata"
        with pytest.raises(Failed) as failed:
            services(allow=(ip_network("127.0.0.1/32"),)).send(f"json://127.0.0.1:{web.port}/", MESSAGE)

        assert len(web.seen) == 1
        assert inside.seen == []
        assert "127.0.0.2 is no public address" in str(failed.value)
        assert failed.value.is_final
    finally:
        inside.stop()


def test_a_service_that_hangs_is_left_and_the_next_message_goes_out(services, web):
    sender = services()
    sender.examine("ntfy://ntfy.sh/storefront")  # so that the process runs
    web.hangs_seconds, sender._seconds = 3, 1.0
    with pytest.raises(Failed, match="in time"):
        sender.send(f"json://127.0.0.1:{web.port}/?rto=20", MESSAGE)

    web.hangs_seconds, sender._seconds = 0, 30.0
    web.taken.clear()
    sender.send(f"json://127.0.0.1:{web.port}/", MESSAGE)
    assert len(web.taken) == 1


ATTEMPTS = {
    "a file": "open('/etc/passwd').read()",
    "a file to write": "open('/tmp/mothlight-was-here', 'w')",
    "a file of the system that may be read, to write": "open('/etc/hosts', 'a')",
    "the environment of the server": "open(f'/proc/{__import__(\"os\").getppid()}/environ').read()",
    "a program": "__import__('subprocess').run(['true'])",
    "a shell": "__import__('os').system('true')",
    "a connection beside the library": "s.connect(('127.0.0.1', 9))",
    "a connection through the base class": "__import__('_socket').socket.connect(s, ('127.0.0.1', 9))",
    "a datagram": "__import__('socket').socket(2, 2).sendto(b'x', ('127.0.0.1', 9))",
    "a local socket": "__import__('socket').socket(1, 1).connect('/run/docker.sock')",
    "a name that is private": "__import__('socket').create_connection(('localhost', 80))",
}


@pytest.mark.parametrize("attempt", ATTEMPTS.values(), ids=ATTEMPTS.keys())
def test_the_process_does_not_even_if_the_library_would(attempt):
    program = f"""
import socket
from mothlight.alerts.sending.guarded import Guarded
s = socket.socket()
Guarded([], [80, 443])
try:
    {attempt}
except (PermissionError, socket.gaierror) as problem:
    print("refused")
else:
    print("done")
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)

    assert (done.stdout.strip(), done.stderr) == ("refused", "")
