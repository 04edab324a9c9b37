"""The shop whose errors the Python programs report."""


class PaymentDeclined(Exception):
    pass


class CheckoutError(Exception):
    pass


def charge(order, amount):
    api_key = "sk_live_not_a_real_key"
    if amount > len(api_key):
        raise PaymentDeclined(f"card was declined for order {order}")
    return amount


def checkout(order, amount):
    attempt = 1
    try:
        return charge(order, amount)
    except PaymentDeclined as declined:
        raise CheckoutError(f"order {order} failed in attempt {attempt}") from declined
