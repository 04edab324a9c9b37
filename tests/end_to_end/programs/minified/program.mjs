// Reports an error of the minified shop.

import { PostHog } from "posthog-node";
import { totalOf } from "./pricing.mjs";

const client = new PostHog(process.env.SHOP_TOKEN, { host: process.env.SHOP_HOST });

function checkOut(order) {
  try {
    totalOf({ lines: [{ sku: order, quantity: 1 }] });
  } catch (error) {
    client.captureException(error, "user-ada");
  }
}

checkOut(process.env.SHOP_ORDER);
await client.shutdown();
