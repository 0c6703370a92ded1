// openid-client with a secret: an answer that is posted, introspection, revocation, signing out, and its errors.
import * as client from "openid-client";
import { ask, end, given, say } from "./talk.mjs";

const config = await client.discovery(
  new URL(given.issuer),
  given.client_id,
  given.client_secret,
  given.method === "client_secret_post" ? client.ClientSecretPost() : client.ClientSecretBasic(),
  { execute: [client.allowInsecureRequests, client.enableNonRepudiationChecks] },
);

const signIn = async (more) => {
  const verifier = client.randomPKCECodeVerifier();
  const state = client.randomState();
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: given.redirect_uri,
    scope: "openid profile offline_access",
    response_mode: "form_post",
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    state,
    ...more,
  });
  const { body } = await ask({ open: url.href });
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  const posted = new Request(given.redirect_uri, { method: "POST", headers, body });
  const checks = { pkceCodeVerifier: verifier, expectedState: state, idTokenExpected: true };
  return client.authorizationCodeGrant(config, posted, { ...checks, maxAge: more.max_age && Number(more.max_age) });
};

const tokens = await signIn({ max_age: "3600" });
const own = await client.clientCredentialsGrant(config, { scope: "catalogue.read" });
const known = await client.tokenIntrospection(config, tokens.access_token);
await client.tokenRevocation(config, tokens.access_token, { token_type_hint: "access_token" });
const gone = await client.tokenIntrospection(config, tokens.access_token);
const refused = await client.refreshTokenGrant(config, tokens.refresh_token).catch((error) => error.error);
const { open } = await ask({
  leave: client.buildEndSessionUrl(config, {
    id_token_hint: tokens.id_token,
    post_logout_redirect_uri: given.farewell,
    state: "farewell",
  }).href,
});
const silent = await signIn({ prompt: "none" }).catch((error) => error.error);
say({
  sub: tokens.claims().sub === known.sub,
  active: [known.active, gone.active],
  own: own.scope,
  refused,
  farewell: new URL(open).searchParams.get("state"),
  silent,
});
end();
