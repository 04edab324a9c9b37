// Ends with an error that nobody catches; the SDK's listener reports it.

import { PostHog } from "posthog-node";
import { readStock } from "./shop.mjs";

new PostHog(process.env.SHOP_TOKEN, { host: process.env.SHOP_HOST, enableExceptionAutocapture: true });

setTimeout(function tick() {
  readStock(process.env.SHOP_ORDER);
}, 10);
