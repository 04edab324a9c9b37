var checkout = require('./cart').checkout;

function start() {
    var paid = checkout(['apple', 'durian']);
    return paid + 1;
}

start();
