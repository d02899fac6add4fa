// The emulator on one port, an app that hears every event at an address. node --import hook.mjs run.mjs PORT ADDRESS CLIENTS
import { pathToFileURL } from "node:url";

const [port, address, clients] = process.argv.slice(2);
const { createEmulator } = await import(pathToFileURL(`${clients}/node_modules/emulate/dist/api.js`));
await createEmulator({
  service: "slack",
  port: Number(port),
  seed: {
    slack: {
      signing_secret: "emulated-secret",
      users: [
        { name: "ann", email: "a.obi@oakfield.example" },
        { name: "bo", email: "h.marsh@oakfield.example" },
      ],
      oauth_apps: [{
        client_id: "1.2", client_secret: "cs", app_id: "A000000001", name: "AskFirst",
        redirect_uris: ["http://127.0.0.1/slack/oauth_redirect"], scopes: ["chat:write"],
        bot_name: "askfirst", bot_id: "B0POLICY01", bot_user_id: "U0POLICY01",
      }],
      tokens: [
        { token: "xoxb-bot", type: "bot", app_id: "A000000001", bot_id: "B0POLICY01", bot_user_id: "U0POLICY01", user_id: "U0POLICY01" },
        { token: "xoxp-ann", type: "user", user: "ann" },
        { token: "xoxp-bo", type: "user", user: "bo" },
      ],
    },
  },
});
globalThis.__emu.webhooks.register({ url: address, events: ["*"], active: true, owner: "slack" });
console.log("listening");
