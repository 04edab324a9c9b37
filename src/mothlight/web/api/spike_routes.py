"""Routes about spikes: the lines of `routes.ROUTES` for api.md 3.7.

To add one: a handler in the file that its URL names, and a line here.
"""

from mothlight.storage.metadata.repositories.settings import SpikeConfig
from mothlight.storage.metadata.repositories.spike_events import ORDERS
from mothlight.web.api.error_tracking import spikes
from mothlight.web.api.route import PAGE_PARAMETERS, READ, WRITE, ApiRoute, Parameter, Shapes, tracking_routes
from mothlight.web.api.shapes import SpikeEventShape
from mothlight.web.values.changes import SpikeConfigChange

SPIKE_FILTERS = (
    Parameter("issue_ids", "Only of these issues, with commas between."),
    Parameter("date_from", "Not before this moment; ISO 8601."),
    Parameter("date_to", "Not after this moment; ISO 8601."),
    Parameter("order_by", f"One of {', '.join(ORDERS)}; downwards with `-` in front."),
)

SPIKE_ROUTES: tuple[ApiRoute, ...] = (
    *tracking_routes("GET", "spike_detection_config", READ, spikes.get_spike_config, Shapes(answer=SpikeConfig)),
    *tracking_routes(
        "PATCH",
        "spike_detection_config/update_config",
        WRITE,
        spikes.update_spike_config,
        Shapes(body=SpikeConfigChange, answer=SpikeConfig, errors=(400,)),
    ),
    *tracking_routes(
        "GET",
        "spike_events",
        READ,
        spikes.list_spike_events,
        Shapes(answer=SpikeEventShape, paged=True, parameters=(*PAGE_PARAMETERS, *SPIKE_FILTERS), errors=(400,)),
    ),
)
