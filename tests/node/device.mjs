// A device with openid-client: it shows a code, polls as the library does, and asks who it is for.
import * as client from "openid-client";
import { end, given, letTheTestWait, say } from "./talk.mjs";

letTheTestWait();
const config = await client.discovery(new URL(given.issuer), given.client_id, undefined, client.None(), {
  execute: [client.allowInsecureRequests], // a development machine has no https
});
const shown = await client.initiateDeviceAuthorization(config, { scope: "openid profile offline_access" });
say({ user_code: shown.user_code, address: shown.verification_uri_complete });
const tokens = await client.pollDeviceAuthorizationGrant(config, shown).catch((error) => {
  say({ error: error.error });
  return null;
});
if (tokens !== null) {
  const { sub } = tokens.claims();
  const person = await client.fetchUserInfo(config, tokens.access_token, sub);
  const renewed = await client.refreshTokenGrant(config, tokens.refresh_token);
  say({ name: person.name, same_person: renewed.claims().sub === sub });
}
end();
