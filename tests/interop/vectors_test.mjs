// SPDX-License-Identifier: Apache-2.0
// vectors_test.mjs FILE: the Node example against the frames' test vectors.
import { createPublicKey, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';

import { frameStatement, saltedHash } from './waystation_client.mjs';

const bytes = (hex) => Buffer.from(hex, 'hex');

// An erased update leaves nothing but its hash.
const hashOf = ({ salt, bytes: update, hash }) =>
    salt === null ? bytes(hash) : saltedHash(bytes(salt), bytes(update));

function holds(vector) {
  const hashes = vector.updates.map(hashOf);
  const key = createPublicKey({
    key: Buffer.concat([
      bytes('302a300506032b6570032100'), bytes(vector.public_key),
    ]),
    format: 'der',
    type: 'spki',
  });
  const statement = frameStatement(vector.agency, vector.key_id, hashes);
  return verify(null, statement, key, bytes(vector.signature));
}

const { vectors } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
for (const vector of vectors) {
  if (holds(vector) !== vector.valid) {
    console.error(`test vector fails: ${vector.description}`);
    process.exit(1);
  }
}
console.log(`${vectors.length} test vectors hold`);
