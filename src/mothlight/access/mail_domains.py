"""Mail domains that belong to a provider and not to a company (api.md 6.6). To add one: a word below."""

from collections.abc import Iterable

GENERIC_MAIL_DOMAINS = frozenset(
    """
    126.com 139.com 163.com 21cn.com aim.com alice.it aliyun.com aol.com aol.de arcor.de att.net bell.net
    bellsouth.net bigpond.com bk.ru bluewin.ch bol.com.br btinternet.com centrum.cz charter.net comcast.net cox.net
    daum.net disroot.org duck.com earthlink.net email.com email.cz fastmail.com fastmail.fm foxmail.com free.fr
    freenet.de frontier.com fuse.net gmail.com gmx.at gmx.ch gmx.com gmx.de gmx.net googlemail.com hanmail.net
    hey.com hotmail.co.uk hotmail.com hotmail.de hotmail.es hotmail.fr hotmail.it hushmail.com icloud.com ig.com.br
    inbox.lv inbox.ru interia.pl juno.com laposte.net libero.it list.ru live.ca live.co.uk live.com live.com.au
    live.de live.fr live.it live.nl lycos.com mac.com mail.com mail.de mail.ee mail.ru mailbox.org mailfence.com
    mailinator.com me.com mindspring.com msn.com myyahoo.com naver.com neuf.fr ntlworld.com o2.pl onet.pl online.de
    optonline.net optusnet.com.au orange.fr outlook.at outlook.com outlook.de outlook.es outlook.fr outlook.it pm.me
    pobox.com posteo.de posteo.net proton.me protonmail.ch protonmail.com qq.com rambler.ru rediffmail.com
    riseup.net rocketmail.com rogers.com runbox.com sapo.pt sbcglobal.net seznam.cz sfr.fr shaw.ca sina.cn sina.com
    sky.com sohu.com startmail.com sympatico.ca t-online.de talktalk.net telenet.be telus.net terra.com.br tin.it
    tiscali.it tom.com tuta.com tuta.io tutanota.com tutanota.de ukr.net uol.com.br verizon.net virgilio.it
    virginmedia.com vodafone.de voila.fr walla.co.il wanadoo.fr web.de windstream.net wp.pl xs4all.nl ya.ru yahoo.ca
    yahoo.co.id yahoo.co.in yahoo.co.jp yahoo.co.uk yahoo.com yahoo.com.ar yahoo.com.au yahoo.com.br yahoo.com.mx
    yahoo.de yahoo.es yahoo.fr yahoo.in yahoo.it yandex.com yandex.ru yeah.net ymail.com zoho.com zohomail.com
    zonnet.nl
    """.split()
)


def company_domain(emails: Iterable[str]) -> str | None:
    """Give the first domain among the addresses that is no provider's and not only a machine's name."""
    domains = (email.rpartition("@")[2].lower() for email in emails)
    return next((domain for domain in domains if "." in domain and domain not in GENERIC_MAIL_DOMAINS), None)
