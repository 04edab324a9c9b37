// Leaves a rejected promise alone; the SDK's listener reports it.

import { PostHog } from "posthog-node";

new PostHog(process.env.SHOP_TOKEN, { host: process.env.SHOP_HOST, enableExceptionAutocapture: true });

async function ship(order) {
  await new Promise((resolve) => setTimeout(resolve, 5));
  throw new TypeError(`no address for order ${order}`);
}

ship(process.env.SHOP_ORDER);
