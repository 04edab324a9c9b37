"""Which services of apprise messages may go to: those that are reached over the network, and nothing else.

What shows notifications on this machine, writes to its logs, runs programs or reads files is not among them. To add
one: its scheme. The sending process enforces this once more by what it lets connections, files and programs do.
"""

SCHEMES = frozenset(
    """
    46elks acs atalk awswhatsapp azure bale bark barks betterstack bluesky brevo bsky bulksms
    bulkvs chanify clickatell clicksend cliq cm d7sms dingtalk discord elks exotel feishu firehydrant flock
    freemobile gchat github goalert goalerts gotify gotifys groupme guilded gupshup hassio hassios httpsms
    humhub humhubs ifttt ilert incidentio infobip jira json jsons kaleyra kavenegar klr kook lametric lametrics
    lark line mailersend mailgun mailto mailtos mastodon mastodons matrix matrixs mmost mmosts msg91 msgbird
    ncloud nclouds nctalk nctalks nexmo notifiarr notifyre ntfy ntfys o365 octopush onesignal opsgenie opsimate
    opsimates pagerduty pagertree pbul plivo postmark pover prowl psafer psafers push pushdeer pushdeers pushed
    pushme pushplus pushy reddit resend revolt ringc rocket rockets ryver schan sendgrid sendpulse ses seven sfr
    signal signals signl4 simplepush sinch slack smsc smsmanager smsmgr smtp2go sns sparkpost spike splunk
    spugpush spush squadcast stackfield synology synologys telesign telnyx tgram threema toot toots tweet twilio
    twist twitter viber victorops voipms vonage webex wechat wecombot whapi whatsapp workflow workflows wxpusher
    wxteams xmatters zcliq zohocliq zoom zulip
    """.split()
)

MOST_CHARACTERS = 2_000
PORTS = (25, 80, 443, 465, 587, 2525, 8448)
"""Where services are reached: mail and Matrix have ports of their own. An allowed host is reached at any."""


def scheme_of(address: str) -> str | None:
    """The scheme of an address if messages may go there; None else."""
    scheme, separator, _ = address.partition("://")
    return scheme.lower() if separator and scheme.lower() in SCHEMES else None
