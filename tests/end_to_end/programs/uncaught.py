"""Ends with an exception that nobody catches; the SDK's hook reports it."""

import os

from posthog import Posthog

client = Posthog(os.environ["SHOP_TOKEN"], host=os.environ["SHOP_HOST"], enable_exception_autocapture=True)


def pick(order):
    shelf = {"A-1": 3}
    return shelf[f"B-2 of order {order}"]


pick(os.environ["SHOP_ORDER"])
