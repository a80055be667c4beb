// SPDX-License-Identifier: Apache-2.0
// What a client of a hub needs besides its messages: connecting with a
// certificate, signing a frame, and checking proofs of the audit log (RFC 6962
// trees, C2SP signed notes) with nothing but SHA-256 and Ed25519.
import { createHash, createPublicKey, randomBytes, sign, verify } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import path from 'node:path';

import grpc from '@grpc/grpc-js';
import loader from '@grpc/proto-loader';

const SALT_SIZE = 16;

// --- messages and connecting ---

// The contract, read as it is. WAYSTATION_PROTO names the folder that holds
// waystation/v1 where it is not the one beside these sources.
const protoFolder = process.env.WAYSTATION_PROTO ??
    path.join(path.dirname(fileURLToPath(import.meta.url)), '../../../proto');
const definitions = loader.loadSync(
    [
      'waystation/v1/registry_service.proto',
      'waystation/v1/mailbox_service.proto',
      'waystation/v1/audit_service.proto',
    ],
    { includeDirs: [protoFolder], longs: String, enums: String, defaults: true });
const services = grpc.loadPackageDefinition(definitions).waystation.v1;

export const encode = (type, message) =>
    definitions[`waystation.v1.${type}`].serialize(message);
export const decode = (type, bytes) =>
    definitions[`waystation.v1.${type}`].deserialize(bytes);

// A variable of the environment, such as WAYSTATION_LABOR_320500_CERT.
export function setting(name, agency) {
  const prefix = agency ? agency.replaceAll('.', '_').toUpperCase() + '_' : '';
  const value = process.env[`WAYSTATION_${prefix}${name}`];
  if (value === undefined) {
    throw new Error(`WAYSTATION_${prefix}${name} is not set`);
  }
  return value;
}

// A client of one service over mutual TLS; the certificate says who calls.
export function connect(service, agency) {
  const credentials = grpc.credentials.createSsl(
      readFileSync(setting('CA')), readFileSync(setting('KEY', agency)),
      readFileSync(setting('CERT', agency)));
  return new services[service](setting('HUB'), credentials);
}

// A unary call as a promise.
export function call(stub, method, request) {
  return new Promise((resolve, reject) => {
    const deadline = Date.now() + 30_000;
    stub[method](request, { deadline },
                 (error, response) => error ? reject(error) : resolve(response));
  });
}

// --- hashes and trees (proto/auditlog/hash.h, merkle.h) ---

export class ProofError extends Error {}

const sha256 = (...parts) => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};
const leafHash = (entry) => sha256(Buffer.of(0), entry);
const nodeHash = (left, right) => sha256(Buffer.of(1), left, right);

// RFC 6962 section 2.1 over entries that are hashes themselves.
export function treeRoot(entries) {
  if (entries.length === 0) return sha256();
  if (entries.length === 1) return leafHash(entries[0]);
  let split = 1;
  while (split * 2 < entries.length) split *= 2;
  return nodeHash(treeRoot(entries.slice(0, split)),
                  treeRoot(entries.slice(split)));
}

// The root that the proof leads to (RFC 9162 section 2.1.3.2). Sizes are
// BigInts, since a log may outgrow 2^53.
function rootByProof(leaf, index, size, proof) {
  if (index >= size) throw new ProofError('the entry is not below the root');
  let position = index;
  let last = size - 1n;
  let root = leaf;
  for (const sibling of proof) {
    if (last === 0n) throw new ProofError('the proof is too long');
    if (position % 2n === 1n || position === last) {
      root = nodeHash(sibling, root);
      while (position % 2n === 0n && position !== 0n) {
        position >>= 1n;
        last >>= 1n;
      }
    } else {
      root = nodeHash(root, sibling);
    }
    position >>= 1n;
    last >>= 1n;
  }
  if (last !== 0n) throw new ProofError('the proof is too short');
  return root;
}

// --- signing a frame (proto/auditlog/batch_signature.h) ---

export const saltedHash = (salt, update) => sha256(salt, update);

// The bytes to sign for updates with these salted hashes.
export function frameStatement(agency, keyId, hashes) {
  const root = treeRoot(hashes).toString('base64');
  return Buffer.from(`waystation/v1 frame\n${agency}\n${keyId}\n` +
                     `${hashes.length}\n${root}\n`);
}

// A signed frame of these updates (bytes), and the hash that stands for each.
export function signFrame(updates, agency) {
  const keyId = process.env.WAYSTATION_SIGNING_KEY_ID ?? 'dev';
  const key = readFileSync(setting('SIGNING_KEY', agency));
  const salts = updates.map(() => randomBytes(SALT_SIZE));
  const hashes = updates.map((update, i) => saltedHash(salts[i], update));
  const signature = sign(null, frameStatement(agency, keyId, hashes), key);
  return { frame: { updates, salts, signature: { keyId, signature } }, hashes };
}

// --- signed checkpoints (C2SP signed-note and tlog-checkpoint) ---

// Of an Ed25519 key in SubjectPublicKeyInfo, before its 32 bytes.
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

// The log's public key: "<name>+<hash>+<base64 of 0x01 and the key>".
export class LogKey {
  constructor(text) {
    const [name, keyHash] = text.trim().split('+', 2);
    const data =
        Buffer.from(text.trim().slice(name.length + keyHash.length + 2),
                    'base64');
    if (data[0] !== 1) throw new ProofError('not an Ed25519 key');
    this.name = name;
    this.keyHash = sha256(name, '\n', data).subarray(0, 4);
    if (this.keyHash.toString('hex') !== keyHash) {
      throw new ProofError("the key's hash does not fit the key");
    }
    this.key = createPublicKey({
      key: Buffer.concat([SPKI_PREFIX, data.subarray(1)]),
      format: 'der',
      type: 'spki',
    });
  }

  static fromEnvironment() {
    const text = setting('LOG_KEY');
    return new LogKey(existsSync(text) ? readFileSync(text, 'utf8') : text);
  }

  // Size and root of a checkpoint that this key has signed.
  openCheckpoint(note) {
    const divide = note.indexOf('\n\n');
    const text = note.slice(0, divide + 1);
    for (const line of note.slice(divide + 2).split('\n')) {
      const [dash, name, encoded] = line.split(' ');
      if (dash !== '—' || name !== this.name) continue;
      const signature = Buffer.from(encoded, 'base64');
      if (!signature.subarray(0, 4).equals(this.keyHash)) continue;
      if (!verify(null, Buffer.from(text), this.key, signature.subarray(4))) {
        throw new ProofError("the checkpoint's signature is wrong");
      }
      const [origin, size, root] = text.split('\n');
      if (origin !== this.name) {
        throw new ProofError('the checkpoint is of another log');
      }
      return { size: BigInt(size), root: Buffer.from(root, 'base64') };
    }
    throw new ProofError("the checkpoint is not signed with the log's key");
  }
}

// That the leaf of a GetInclusionProofResponse is in the log; returns the log's
// size.
export function checkInclusion(proof, logKey) {
  const { size, root } = logKey.openCheckpoint(proof.checkpoint);
  if (size !== BigInt(proof.treeSize)) {
    throw new ProofError('the proof is for another size');
  }
  const found = rootByProof(leafHash(proof.leaf), BigInt(proof.index), size,
                            proof.path);
  if (!found.equals(root)) throw new ProofError('the entry is not in the log');
  return size;
}
