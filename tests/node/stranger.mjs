// A service that knows our address and an initial access token, and nothing else, with openid-client as it comes.
// Says on stdout, a JSON value a line, where a person's browser has to go, and at the end what it was given.
import { createServer } from "node:http";
import * as client from "openid-client";

const [issuer, initialAccessToken, aheadSeconds] = process.argv.slice(2);
const machineTime = Date.now; // the clock of the tests runs ahead of the machine's
Date.now = () => machineTime() + Number(aheadSeconds) * 1000;
const insecure = { execute: [client.allowInsecureRequests] }; // a development machine has no https
const say = (value) => process.stdout.write(JSON.stringify(value) + "\n");

const arrivals = [];
const server = createServer((request, response) => {
  response.setHeader("Content-Type", "text/html");
  response.end("<title>arrived</title>");
  if (request.url.startsWith("/cb") || request.url.startsWith("/bye")) arrivals.shift()?.(request.url);
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const here = `http://localhost:${server.address().port}`;
const visit = (url) =>
  new Promise((resolve) => {
    arrivals.push((path) => resolve(new URL(path, here)));
    say({ open: url.href });
  });

const keys = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);
const { kty, crv, x, y } = await crypto.subtle.exportKey("jwk", keys.publicKey);
const config = await client.dynamicClientRegistration(
  new URL(issuer),
  {
    client_name: "Stranger",
    redirect_uris: [`${here}/cb`],
    post_logout_redirect_uris: [`${here}/bye`],
    grant_types: ["authorization_code", "refresh_token"],
    token_endpoint_auth_method: "private_key_jwt",
    jwks: { keys: [{ kty, crv, x, y, kid: "first", use: "sig", alg: "ES256" }] },
    scope: "openid profile email offline_access",
  },
  client.PrivateKeyJwt({ key: keys.privateKey, kid: "first" }),
  { ...insecure, initialAccessToken },
);
const DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair("ES256"));

const verifier = client.randomPKCECodeVerifier();
const [state, nonce] = [client.randomState(), client.randomNonce()];
const url = await client.buildAuthorizationUrlWithPAR(
  config,
  {
    redirect_uri: `${here}/cb`,
    scope: "openid profile email offline_access",
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    state,
    nonce,
  },
  { DPoP },
);
const arrived = await visit(url);
const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true };
const tokens = await client.authorizationCodeGrant(config, arrived, checks, undefined, { DPoP });
const { sub } = tokens.claims();

const person = await client.fetchUserInfo(config, tokens.access_token, sub, { DPoP });
const renewed = await client.refreshTokenGrant(config, tokens.refresh_token, undefined, { DPoP });
const again = await client.fetchUserInfo(config, renewed.access_token, sub, { DPoP });
const known = await client.tokenIntrospection(config, renewed.access_token);
const bye = await visit(
  client.buildEndSessionUrl(config, {
    id_token_hint: tokens.id_token,
    post_logout_redirect_uri: `${here}/bye`,
    state: "farewell",
  }),
);
await client.tokenRevocation(config, renewed.refresh_token);
const gone = await client.tokenIntrospection(config, renewed.access_token);
say({
  sub,
  token_type: tokens.token_type,
  name: person.name,
  same_person: again.sub === sub,
  bound: Boolean(known.cnf?.jkt),
  active: [known.active, gone.active],
  farewell: bye.searchParams.get("state"),
});
server.close();
server.closeAllConnections();
