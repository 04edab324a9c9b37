var PRICES = {apple: 3};

exports.price = function price(sku) {
    if (!(sku in PRICES)) {
        throw new RangeError('no price for ' + sku);
    }
    return PRICES[sku];
};
