"""Reports an exception together with the local variables of its frames."""

import os

from posthog import Posthog

client = Posthog(os.environ["SHOP_TOKEN"], host=os.environ["SHOP_HOST"], capture_exception_code_variables=True)


def refund(order, amount):
    password = "not a real password"
    return amount / len(password[:0]) if order else None


def main():
    order = os.environ["SHOP_ORDER"]
    try:
        refund(order, 80)
    except ZeroDivisionError as error:
        error.args = (f"refund of order {order} failed",)
        client.capture_exception(error, distinct_id="user-grace")


main()
client.shutdown()
