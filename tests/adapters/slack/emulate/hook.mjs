// Lets a test see what the emulator keeps: it has no way of its own to subscribe an app to events.
import { registerHooks } from "node:module";

const END = "return { app, store, webhooks, port, baseUrl, tokenMap };";
registerHooks({
  load(url, context, next) {
    const loaded = next(url, context);
    if (!url.endsWith("/emulate/dist/api.js")) return loaded;
    const source = String(loaded.source).replace(END, `globalThis.__emu = { store, webhooks }; ${END}`);
    return { ...loaded, source };
  },
});
