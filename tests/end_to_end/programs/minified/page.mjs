// What the page of the shop runs.

import { totalOf } from "./pricing.mjs";

window.checkOut = function checkOut(order) {
  const cart = { lines: [{ sku: "apple", quantity: 2 }, { sku: order, quantity: 1 }] };
  return totalOf(cart);
};
