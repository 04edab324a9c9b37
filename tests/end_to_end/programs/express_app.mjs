// Serves one request with Express, whose handler throws; the SDK's error handler reports it.

import express from "express";
import { PostHog, setupExpressErrorHandler } from "posthog-node";
import { reserve } from "./shop.mjs";

const client = new PostHog(process.env.SHOP_TOKEN, { host: process.env.SHOP_HOST });
const app = express();

app.get("/reserve/:order", function reserveOrder(request, response) {
  response.send(reserve(request.params.order));
});
setupExpressErrorHandler(client, app);
app.use((error, request, response, next) => {
  response.status(500).send("sorry");
});

const listener = app.listen(0, "127.0.0.1", async () => {
  const answer = await fetch(`http://127.0.0.1:${listener.address().port}/reserve/${process.env.SHOP_ORDER}`);
  console.log(answer.status);
  await client.shutdown();
  listener.close();
});
