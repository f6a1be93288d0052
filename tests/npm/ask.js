// Copyright: (c) 2026, postmaster.mail contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later
/* Does calls by a vendor's own client and prints, as JSON, what that client makes of the answers: a list of
   {told: ...} and {refused: status, said: ...}. What is asked for stands in the first argument, as JSON:
   {client, endpoint, account: {...}, calls: [[name of a function, arguments...], ...]}. */
"use strict";

const CLIENTS = {
  "mailgun.js": (endpoint, account) => {
    const client = new (require("mailgun.js"))(require("form-data")).client({username: "api", key: account.api_key, url: endpoint});
    return {...functions(client.domains), ...functions(client.domains.domainCredentials, "credentials.")};
  },
  "node-mailjet": (endpoint, account) => {
    const client = require("node-mailjet").apiConnect(account.api_key, account.secret_key, {
      config: {host: new URL(endpoint).host, version: "v3"},
    });
    return {
      // resource, id and action may be null
      request: async (method, resource, id, action, body, query) => {
        let request = client[method](resource);
        if (id !== null) request = request.id(id);
        if (action !== null) request = request.action(action);
        return (await request.request(body ?? undefined, query ?? undefined)).body;
      },
    };
  },
  postmark: (endpoint, account) => {
    const options = {useHttps: false, requestHost: new URL(endpoint).host};
    return functions(new (require("postmark").AccountClient)(account.account_token, options));
  },
  "@sendgrid/client": (endpoint, account) => {
    const client = new (require("@sendgrid/client").Client)();
    client.setApiKey(account.api_key);
    client.setDefaultRequest("baseUrl", endpoint);
    return {request: async request => (await client.request(request))[1]};
  },
  "@getbrevo/brevo": (endpoint, account) => {
    const {BrevoClient} = require("@getbrevo/brevo");
    const client = new BrevoClient({apiKey: account.api_key, baseUrl: `${endpoint}/v3`, maxRetries: 0});
    return {...functions(client.domains), ...functions(client.account, "account.")};
  },
};

/* The functions of an object and of its classes, by name. */
function functions(object, prefix = "") {
  const found = {};
  for (let one = object; one && one !== Object.prototype; one = Object.getPrototypeOf(one)) {
    for (const name of Object.getOwnPropertyNames(one)) {
      if (name !== "constructor" && typeof object[name] === "function") {
        found[prefix + name] ??= (...given) => object[name](...given);
      }
    }
  }
  return found;
}

async function answers({client, endpoint, account, calls}) {
  const known = CLIENTS[client](endpoint, account);
  const found = [];
  for (const [name, ...given] of calls) {
    try {
      found.push({told: (await known[name](...given)) ?? null});
    } catch (error) {
      const status = error.status ?? error.statusCode ?? error.code;
      if (typeof status !== "number") throw error;
      found.push({refused: status, said: [error.message, error.details, error.body, error.response?.body]});
    }
  }
  return found;
}

answers(JSON.parse(process.argv[2])).then(found => console.log(JSON.stringify(found)));
