// SPDX-License-Identifier: Apache-2.0
// Asks @sigstore/verify about envelopes: one JSON object {key, bundle} a line in, one JSON list
// [accepted, why not] a line out. The key is a DER SubjectPublicKeyInfo in base64, and is the only
// one that is trusted. The first argument is the folder that has node_modules.
"use strict";

const path = require("node:path");
const { createRequire } = require("node:module");
const readline = require("node:readline");

const installed = createRequire(path.join(process.argv[2], "package.json"));
const { bundleFromJSON } = installed("@sigstore/bundle");
const { toSignedEntity, toTrustMaterial, Verifier } = installed("@sigstore/verify");

const NO_ROOT = { certificateAuthorities: [], timestampAuthorities: [], tlogs: [], ctlogs: [] };
const SIGNATURE_ALONE = { tlogThreshold: 0, ctlogThreshold: 0, timestampThreshold: 0 };

function verify({ key, keyid, bundle }) {
  try {
    const keys = { [keyid]: { rawBytes: Buffer.from(key, "base64"), validFor: undefined } };
    const verifier = new Verifier(toTrustMaterial(NO_ROOT, keys), SIGNATURE_ALONE);
    verifier.verify(toSignedEntity(bundleFromJSON(bundle)));
    return [true, ""];
  } catch (refusal) {
    return [false, String(refusal)];
  }
}

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  console.log(JSON.stringify(verify(JSON.parse(line))));
});
