"""`alerts/channels/…`: where messages of alerts go. Addresses and secrets go in, and never out again."""

from starlette.responses import Response

from mothlight.issues.project_alerts import load_channel
from mothlight.storage.metadata.engine import reading
from mothlight.storage.metadata.repositories import alert_channels
from mothlight.web import alert_changes
from mothlight.web.api.alert_shapes import ChannelShape, DeliveryShape, NewChannelShape
from mothlight.web.api.calls import ProjectCall
from mothlight.web.errors import json_response
from mothlight.web.values.alerts import ChannelChange, NewChannel
from mothlight.web.values.validate import validate


def list_channels(call: ProjectCall) -> Response:
    """Channels, oldest first."""
    with reading(call.parts.database) as connection:
        found = alert_channels.list_channels(connection, call.project.id)
    return call.answer_slice([ChannelShape.of(each) for each in found])


def get_channel(call: ProjectCall) -> Response:
    """One channel."""
    channel_id = call.row_id()
    with reading(call.parts.database) as connection:
        return json_response(ChannelShape.of(load_channel(connection, call.project.id, channel_id)))


def add_channel(call: ProjectCall) -> Response:
    """Make a channel. A webhook's signing secret is told this once."""
    wanted = validate(NewChannel, call.fields())
    return json_response(NewChannelShape.made(alert_changes.add_channel(call, wanted.name, wanted.address)), 201)


def patch_channel(call: ProjectCall) -> Response:
    """Give a channel another name or address. A webhook keeps its signing secret."""
    wanted = validate(ChannelChange, call.fields())
    changed, is_new = alert_changes.change_channel(call, call.row_id(), wanted.name, wanted.address)
    return json_response(NewChannelShape.made(changed, is_told=is_new))


def remove_channel(call: ProjectCall) -> Response:
    """Delete a channel with its secrets, and what waits for it."""
    alert_changes.remove_channel(call, call.row_id())
    return Response(status_code=204)


def test_channel(call: ProjectCall) -> Response:
    """Send a test to a channel, now."""
    return json_response(DeliveryShape.of(alert_changes.send_test_to_channel(call, call.row_id())))
