"""Where nobody is connected to, however it is written, and where one is."""

import socket
from collections.abc import Iterable
from ipaddress import ip_network

import pytest

from mothlight.outbound.failures import Blocked, InvalidUrl, NetworkFailure, OutboundFailure, TimedOut
from mothlight.outbound.guard import Guard
from mothlight.outbound.urls import read_url

REFUSED = """
http://127.0.0.1/                       loopback
http://127.255.255.254/                 loopback, another address
http://0.0.0.0/                         this machine
http://0.1.2.3/                         this network
http://10.0.0.1/                        private
http://172.16.0.1/                      private
http://172.31.255.255/                  private
http://192.168.1.1/                     private
http://100.64.0.1/                      shared between a provider and its customers
http://100.100.100.200/                 metadata of Alibaba's cloud
http://169.254.169.254/latest/          metadata of most clouds
http://169.254.170.2/                   credentials of containers
http://168.63.129.16/                   the platform below machines of Azure
http://192.0.0.192/                     metadata of Oracle's cloud
http://192.0.2.1/                       documentation
http://198.18.0.1/                      benchmarks
http://192.88.99.1/                     relays of 6to4
http://224.0.0.1/                       multicast
http://239.255.255.250/                 multicast
http://240.0.0.1/                       reserved
http://255.255.255.255/                 broadcast
http://[::1]/                           loopback
http://[::]/                            this machine
http://[0:0:0:0:0:0:0:1]/               loopback, written out
http://[::ffff:127.0.0.1]/              IPv4-mapped
http://[::ffff:7f00:1]/                 IPv4-mapped, in hexadecimal
http://[::ffff:8.8.8.8]/                IPv4-mapped, of a public address
http://[::ffff:0:127.0.0.1]/            IPv4-translated
http://[::127.0.0.1]/                   IPv4-compatible
http://[64:ff9b::7f00:1]/               NAT64
http://[64:ff9b::8.8.8.8]/              NAT64 of a public address
http://[64:ff9b:1::a00:1]/              NAT64 within a site
http://[2002:7f00:1::]/                 6to4 of a loopback address
http://[2001:0:53aa:64c::1]/            Teredo
http://[2001:db8::1]/                   documentation
http://[3fff::1]/                       documentation
http://[5f00::1]/                       segment routing
http://[fc00::1]/                       unique local
http://[fd00:ec2::254]/                 metadata of Amazon's cloud
http://[fe80::1]/                       link-local
http://[fe80::1%25eth0]/                link-local with a zone
http://[fec0::1]/                       site-local
http://[ff02::1]/                       multicast
http://[100::1]/                        discarded
http://2130706433/                      decimal
http://017700000001/                    octal
http://0x7f000001/                      hexadecimal
http://0x7f.0.0.1/                      hexadecimal in part
http://0177.0.0.1/                      octal in part
http://127.1/                           short
http://127.0.1/                         short
http://134744072/                       decimal, of a public address
http://0x08080808/                      hexadecimal, of a public address
http://010.010.010.010/                 octal, of a public address
http://127.0.0.1./                      a dot at its end
http://127.0.0.01/                      a zero in front
http://1.2.3.4.5/                       five numbers
http://①②⑦.⓪.⓪.①/                       digits in circles
http://127。0。0。1/                       dots of another script
http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/                        letters in circles
http://%31%32%37.0.0.1/                 percent-encoded
http://127.0.0.1%00.example.com/        a zero byte
http://[127.0.0.1]/                     in brackets
http://localhost/                       a name of this machine
http://LOCALHOST./                      the same with a dot at its end
http://public.example.com:22/           another port
http://public.example.com:8080/         another port
http://8.8.8.8:6379/                    another port of an address
http://public.example.com:0/            no port
http://public.example.com:99999/        no port either
http://user@public.example.com/         user information
http://user:secret@public.example.com/  user information
http://public.example.com@127.0.0.1/    user information that looks like a host
http://127.0.0.1#@public.example.com/   a fragment that looks like a host
http://127.0.0.1\\@public.example.com/  a backslash
http:\\\\127.0.0.1/                     backslashes
http:/127.0.0.1/                        one slash
http:///127.0.0.1/                      three slashes
http://                                 no host
//127.0.0.1/                            no scheme
ftp://public.example.com/               another scheme
file:///etc/passwd                      a file
gopher://127.0.0.1:6379/_x              another scheme
javascript:alert(1)                     no address at all
data:text/plain,hi                      no address at all
jar:http://public.example.com/!/        a scheme around another
http://private.example.com/             a name with a private address
http://metadata.example.com/            a name with a link-local address
http://loopback6.example.com/           a name with a loopback address
http://mapped.example.com/              a name with an IPv4-mapped address
http://public6.example.com/             a name that has a public address of version 6 alone
http://zoned.example.com/               a name with a link-local address and a zone
http://below.allowed.example.net/       below a name that is allowed
http://allowed.example.net.evil.example/  a name that begins like an allowed one
http://wild.example.net/                the name whose lower ones are allowed
http://notwild.example.net/             a name that ends like an allowed one
http://10.9.0.1/                        beside an allowed network
"""

NAMES = {
    "localhost": ["127.0.0.1", "::1"],
    "public.example.com": ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"],
    "private.example.com": ["10.0.0.5"],
    "metadata.example.com": ["169.254.169.254"],
    "loopback6.example.com": ["::1"],
    "mapped.example.com": ["::ffff:93.184.215.14"],
    "public6.example.com": ["2606:2800:21f:cb07:6820:80da:af6b:8b2c"],
    "zoned.example.com": ["fe80::1%lo"],
    "mixed.example.com": ["192.168.0.7", "93.184.215.14"],
    "allowed.example.net": ["10.0.0.6", "fd00::6"],
    "one.wild.example.net": ["10.0.0.7"],
    "two.one.wild.example.net": ["10.0.0.8"],
    "inside.example.com": ["10.8.0.9", "10.0.0.9"],
    "inside6.example.com": ["fd12::9"],
    "mail.example.com": ["93.184.215.15"],
    "below.allowed.example.net": ["10.0.0.10"],
    "allowed.example.net.evil.example": ["10.0.0.10"],
    "wild.example.net": ["10.0.0.10"],
    "notwild.example.net": ["10.0.0.10"],
}
ALLOW = ("allowed.example.net", "*.wild.example.net", ip_network("10.8.0.0/16"), ip_network("fd12::/16"))


def resolve(name: str) -> Iterable[str]:
    try:
        return NAMES[name]
    except KeyError:
        raise socket.gaierror(-2, "Name or service not known") from None


def check_url(guard: Guard, text: str) -> tuple[str, ...]:
    url = read_url(text)
    return guard.check(url.host, url.port)


@pytest.mark.parametrize("line", REFUSED.strip().splitlines())
def test_is_refused(line: str):
    url, why = line.split(maxsplit=1)
    guard = Guard(ALLOW, resolve=resolve)

    with pytest.raises((Blocked, InvalidUrl)):
        check_url(guard, url)
    assert why


@pytest.mark.parametrize(
    ("url", "addresses"),
    [
        ("http://8.8.8.8/", ("8.8.8.8",)),
        ("https://[2606:4700:4700::1111]/", ("2606:4700:4700::1111",)),
        ("https://public.example.com/a.js", ("93.184.215.14",)),
        ("https://PUBLIC.example.com./a.js", ("93.184.215.14",)),
        ("http://public.example.com:443/", ("93.184.215.14",)),
        ("http://mixed.example.com/", ("93.184.215.14",)),
        ("http://allowed.example.net:8080/", ("10.0.0.6", "fd00::6")),
        ("http://one.wild.example.net:8080/", ("10.0.0.7",)),
        ("http://two.one.wild.example.net/", ("10.0.0.8",)),
        ("http://inside.example.com:9000/", ("10.8.0.9",)),
        ("http://inside6.example.com/", ("fd12::9",)),
        ("http://10.8.1.1:9000/", ("10.8.1.1",)),
        ("http://[fd12::1]:9000/", ("fd12::1",)),
    ],
)
def test_may_be_connected_to(url: str, addresses: tuple[str, ...]):
    guard = Guard(ALLOW, resolve=resolve)

    assert check_url(guard, url) == addresses


def test_other_ports_can_be_those_that_count():
    mail = Guard(ports={25, 587}, resolve=resolve)

    assert mail.check("mail.example.com", 587) == ("93.184.215.15",)
    with pytest.raises(Blocked, match="port 443 is not one of 25, 587"):
        mail.check("mail.example.com", 443)


@pytest.mark.parametrize(
    ("problem", "expected"),
    [(socket.gaierror(-2, "Name or service not known"), NetworkFailure), (TimeoutError("too slow"), TimedOut)],
)
def test_a_name_without_an_answer_is_said_so(problem: OSError, expected: type[OutboundFailure]):
    def fail(name: str) -> Iterable[str]:
        raise problem

    with pytest.raises(expected, match=r"gone\.example\.com"):
        Guard(resolve=fail).check("gone.example.com", 443)


def test_the_systems_names_are_looked_up():
    assert "127.0.0.1" in Guard(("localhost",)).check("localhost", 5432)
