// The shop whose errors the JavaScript programs report.

export class InventoryError extends Error {
  constructor(message, options) {
    super(message, options);
    this.name = "InventoryError";
  }
}

export function readStock(order) {
  const shelf = { "A-1": { count: 3 } };
  const wanted = shelf[`B-2 of order ${order}`];
  if (wanted === undefined) {
    throw new RangeError(`nothing on the shelf for order ${order}`);
  }
  return wanted.count;
}

export function reserve(order) {
  try {
    return readStock(order);
  } catch (error) {
    throw new InventoryError(`could not reserve order ${order}`, { cause: error });
  }
}
