// oauth4webapi alone, as its examples use it: discovery, a signed request that is pushed, DPoP with nonces,
// private_key_jwt, a signed answer, userinfo, signed introspection, refresh, revocation.
import * as oauth from "oauth4webapi";
import { ask, end, given, say } from "./talk.mjs";

const insecure = { [oauth.allowInsecureRequests]: true }; // a development machine has no https
const issuer = new URL(given.issuer);
const found = [];
for (const algorithm of ["oidc", "oauth2"]) {
  const response = await oauth.discoveryRequest(issuer, { algorithm, ...insecure });
  found.push(await oauth.processDiscoveryResponse(issuer, response));
}
const [as] = found;
const client = {
  client_id: given.client_id,
  authorization_signed_response_alg: "PS256",
  id_token_signed_response_alg: "ES256",
  introspection_signed_response_alg: "EdDSA",
};
const curve = { name: "ECDSA", namedCurve: "P-256" };
const key = { key: await crypto.subtle.importKey("jwk", given.key, curve, false, ["sign"]), kid: given.key.kid };
const authentication = oauth.PrivateKeyJwt(key);
const DPoP = oauth.DPoP(client, await oauth.generateKeyPair("ES256"));
const options = { DPoP, ...insecure };

let retries = 0;
const withNonce = async (request, process) => {
  try {
    return await process(await request());
  } catch (error) {
    if (!oauth.isDPoPNonceError(error)) throw error;
    retries += 1;
    return process(await request());
  }
};

const verifier = oauth.generateRandomCodeVerifier();
const [state, nonce] = [oauth.generateRandomState(), oauth.generateRandomNonce()];
const wanted = {
  client_id: given.client_id,
  redirect_uri: given.redirect_uri,
  response_type: "code",
  response_mode: "jwt",
  scope: "openid profile email offline_access",
  code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
  code_challenge_method: "S256",
  state,
  nonce,
};
const request = await oauth.issueRequestObject(as, client, wanted, key);
const pushed = await withNonce(
  () => oauth.pushedAuthorizationRequest(as, client, authentication, { client_id: given.client_id, request }, options),
  (response) => oauth.processPushedAuthorizationResponse(as, client, response),
);
const url = new URL(as.authorization_endpoint);
url.searchParams.set("client_id", given.client_id);
url.searchParams.set("request_uri", pushed.request_uri);
const { back } = await ask({ open: url.href });
const answer = await oauth.validateJwtAuthResponse(as, client, new URL(back), state, insecure);

const exchange = () =>
  oauth.authorizationCodeGrantRequest(
    as, client, authentication, answer, given.redirect_uri, verifier, options,
  );
let signed;
const tokens = await withNonce(exchange, (response) => {
  signed = response;
  return oauth.processAuthorizationCodeResponse(as, client, response, { expectedNonce: nonce, requireIdToken: true });
});
await oauth.validateApplicationLevelSignature(as, signed, insecure);
const { sub } = oauth.getValidatedIdTokenClaims(tokens);

let sent; // what a resource server would see
const person = await withNonce(
  () =>
    oauth.userInfoRequest(as, client, tokens.access_token, {
      ...options,
      [oauth.customFetch]: (url, init) => fetch((sent = new Request(url, init)).clone()),
    }),
  (response) => oauth.processUserInfoResponse(as, client, sub, response),
);
const seen = await oauth.validateJwtAccessToken(as, sent, given.issuer, { requireDPoP: true, ...insecure });

const introspect = async (token) => {
  const response = await oauth.introspectionRequest(as, client, authentication, token, insecure);
  const known = await oauth.processIntrospectionResponse(as, client, response);
  await oauth.validateApplicationLevelSignature(as, response, insecure);
  return known;
};
const renew = (token) =>
  withNonce(
    () => oauth.refreshTokenGrantRequest(as, client, authentication, token, options),
    (response) => oauth.processRefreshTokenResponse(as, client, response),
  );
const known = await introspect(tokens.access_token);
const renewed = await renew(tokens.refresh_token);
await oauth.processRevocationResponse(
  await oauth.revocationRequest(as, client, authentication, renewed.refresh_token, insecure),
);
const gone = await introspect(renewed.access_token);
const refused = await renew(renewed.refresh_token).catch((error) => error.error);
say({
  same_documents: JSON.stringify(found[0]) === JSON.stringify(found[1]),
  retries,
  token_type: tokens.token_type,
  name: person.name,
  sub: [sub, person.sub, seen.sub, known.sub, oauth.getValidatedIdTokenClaims(renewed).sub],
  keys: [seen.cnf.jkt, known.cnf.jkt, await DPoP.calculateThumbprint()],
  active: [known.active, gone.active],
  refused,
});
end();
