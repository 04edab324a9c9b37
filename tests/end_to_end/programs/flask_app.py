"""Serves one request with Flask, whose view raises; the SDK's integration reports it."""

import os
import sys

import shop
from flask import Flask
from posthog import Posthog
from posthog.integrations.flask import PosthogFlaskIntegration

client = Posthog(os.environ["SHOP_TOKEN"], host=os.environ["SHOP_HOST"])
app = Flask(__name__)
PosthogFlaskIntegration(app, client=client, capture_exceptions=True)


@app.get("/pay/<order>")
def pay(order):
    return str(shop.checkout(order, 500))


headers = {"X-PostHog-Distinct-Id": "user-lin", "X-PostHog-Session-Id": "0196b7a9-77aa-7d40-a6f7-5a0c2d3e4f50"}
answer = app.test_client().get(f"/pay/{os.environ['SHOP_ORDER']}", headers=headers)
client.shutdown()
sys.stdout.write(f"{answer.status_code}\n")
