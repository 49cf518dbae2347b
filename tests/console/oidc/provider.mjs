// A provider of OpenID Connect on loopback, for tests/console/test_oidc.py. It prints its address when it
// listens. Arguments: the redirect address of the client. Whoever logs in as NAME gets the claims of NAME.
import * as http from "node:http";
import { Provider } from "oidc-provider";

const [redirectUri] = process.argv.slice(2);
const CLAIMS = {
  roos: { name: "Roos Visser", email: "roos@voorbeeldstad.example", groups: ["sw-beoordelaars"], gemeenten: ["GM0106"] },
  bas: { name: "Bas <b>Bakker</b>", email: "bas@voorbeeldstad.example", groups: ["sw-lezers", "anders"], gemeenten: ["GM0106", "GM0114"] },
  zoe: { name: "Zoë Zonderrol", email: "zoe@voorbeeldstad.example", groups: ["anders"], gemeenten: ["GM0106"] },
  eva: { name: "Eva Elders", email: "eva@voorbeeldstad.example", groups: ["sw-lezers"], gemeenten: ["GM9999"] },
};
const clients = [
  {
    client_id: "startwijzer",
    client_secret: "a-client-secret-of-the-tests",
    redirect_uris: [redirectUri],
    response_types: ["code"],
    grant_types: ["authorization_code"],
  },
  {
    client_id: "other",
    client_secret: "another-client-secret",
    redirect_uris: [redirectUri],
    response_types: ["code"],
    grant_types: ["authorization_code"],
  },
];

const server = http.createServer();
server.listen(0, "127.0.0.1", () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients,
    pkce: { required: () => true },
    cookies: { keys: ["a key of the tests"] },
    claims: { openid: ["sub"], profile: ["name", "groups", "gemeenten"], email: ["email"] },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, ...CLAIMS[id] }) }),
    renderError: (ctx, out) => {
      ctx.type = "text/plain";
      ctx.body = JSON.stringify(out);
    },
  });
  server.on("request", provider.callback());
  console.log(issuer);
});
