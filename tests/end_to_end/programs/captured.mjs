// Reports an error that has another one as its cause.

import { PostHog } from "posthog-node";
import { reserve } from "./shop.mjs";

const client = new PostHog(process.env.SHOP_TOKEN, { host: process.env.SHOP_HOST });

function main() {
  try {
    reserve(process.env.SHOP_ORDER);
  } catch (error) {
    client.captureException(error, "user-ada", { plan: "pro" });
  }
}

main();
await client.shutdown();
