"""Reports an exception that was raised from another one."""

import os

import shop
from posthog import Posthog

client = Posthog(os.environ["SHOP_TOKEN"], host=os.environ["SHOP_HOST"])
try:
    shop.checkout(os.environ["SHOP_ORDER"], 250)
except shop.CheckoutError as error:
    client.capture_exception(error, distinct_id="user-ada", properties={"plan": "pro"})
client.shutdown()
