"""Routes for alerts: the lines of `routes.ROUTES` for `docs/alerts.md`.

To add one: a handler in the file that its URL names, and a line here.
"""

from mothlight.web.api.alert_shapes import (
    AlertPreviewShape,
    AlertShape,
    ChannelShape,
    DeliveryShape,
    NewChannelShape,
    TestShape,
)
from mothlight.web.api.error_tracking import alert_channels, alerts
from mothlight.web.api.route import PAGE_PARAMETERS, READ, WRITE, ApiRoute, Parameter, Shapes, tracking_routes
from mothlight.web.values.alerts import AlertChange, AlertTrial, ChannelChange, NewAlert, NewChannel

STATUS = Parameter(
    "status", "Only those that wait, arrived or were given up.", {"type": "string", "enum": list(alerts.STATUSES)}
)
CHANNEL = Parameter("channel", "Only to this channel.", {"type": "string", "format": "uuid"})
ALERT = Parameter("alert", "Only of this alert.", {"type": "string", "format": "uuid"})

_listed = Shapes(answer=AlertShape, paged=True, parameters=PAGE_PARAMETERS)
_changed = Shapes(body=AlertChange, answer=AlertShape, errors=(400,))
_channels = Shapes(answer=ChannelShape, paged=True, parameters=PAGE_PARAMETERS)

ALERT_ROUTES: tuple[ApiRoute, ...] = (
    *tracking_routes("GET", "alerts", READ, alerts.list_alerts, _listed),
    *tracking_routes(
        "POST", "alerts", WRITE, alerts.add_alert, Shapes(body=NewAlert, answer=AlertShape, status=201, errors=(400,))
    ),
    *tracking_routes(
        "POST",
        "alerts/preview",
        READ,
        alerts.preview_alert,
        Shapes(body=AlertTrial, answer=AlertPreviewShape, errors=(400,)),
    ),
    *tracking_routes(
        "GET",
        "alerts/deliveries",
        READ,
        alerts.list_deliveries,
        Shapes(answer=DeliveryShape, paged=True, parameters=(*PAGE_PARAMETERS, ALERT, CHANNEL, STATUS), errors=(400,)),
    ),
    *tracking_routes(
        "POST",
        "alerts/deliveries/{id}/retry",
        WRITE,
        alerts.send_again,
        Shapes(answer=DeliveryShape, errors=(400,)),
    ),
    *tracking_routes("GET", "alerts/channels", READ, alert_channels.list_channels, _channels),
    *tracking_routes(
        "POST",
        "alerts/channels",
        WRITE,
        alert_channels.add_channel,
        Shapes(body=NewChannel, answer=NewChannelShape, status=201, errors=(400,)),
    ),
    *tracking_routes("GET", "alerts/channels/{id}", READ, alert_channels.get_channel, Shapes(answer=ChannelShape)),
    *tracking_routes(
        "PATCH",
        "alerts/channels/{id}",
        WRITE,
        alert_channels.patch_channel,
        Shapes(body=ChannelChange, answer=NewChannelShape, errors=(400,)),
    ),
    *tracking_routes("DELETE", "alerts/channels/{id}", WRITE, alert_channels.remove_channel, Shapes()),
    *tracking_routes(
        "POST", "alerts/channels/{id}/test", WRITE, alert_channels.test_channel, Shapes(answer=DeliveryShape)
    ),
    *tracking_routes("GET", "alerts/{id}", READ, alerts.get_alert, Shapes(answer=AlertShape)),
    *tracking_routes("PATCH", "alerts/{id}", WRITE, alerts.patch_alert, _changed),
    *tracking_routes("PUT", "alerts/{id}", WRITE, alerts.patch_alert, _changed),
    *tracking_routes("DELETE", "alerts/{id}", WRITE, alerts.remove_alert, Shapes()),
    *tracking_routes("POST", "alerts/{id}/test", WRITE, alerts.test_alert, Shapes(answer=TestShape, errors=(400,))),
    *tracking_routes(
        "GET",
        "alerts/{id}/deliveries",
        READ,
        alerts.list_deliveries_of_alert,
        Shapes(answer=DeliveryShape, paged=True, parameters=(*PAGE_PARAMETERS, CHANNEL, STATUS), errors=(400,)),
    ),
)
