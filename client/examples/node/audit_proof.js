// SPDX-License-Identifier: Apache-2.0
// Checks what a hub says of its audit log, with no code of ours but this file:
// an RFC 6962 Merkle tree over SHA-256 whose head is a C2SP signed note.
'use strict';
const crypto = require('crypto');

const sha256 = (...parts) => {
  const hash = crypto.createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};
const leafHash = (entry) => sha256(Buffer.of(0), entry);
const nodeHash = (left, right) => sha256(Buffer.of(1), left, right);

// MTH of RFC 6962 section 2.1 over an array of buffers.
function treeRoot(entries) {
  if (entries.length === 0) return sha256();
  if (entries.length === 1) return leafHash(entries[0]);
  let split = 1;
  while (split * 2 < entries.length) split *= 2;
  return nodeHash(treeRoot(entries.slice(0, split)),
                  treeRoot(entries.slice(split)));
}

// RFC 9162 section 2.1.3.2.
function rootFromInclusionProof(leaf, index, size, path) {
  let fn = BigInt(index);
  let sn = BigInt(size) - 1n;
  if (fn > sn) throw new Error('the index is beyond the tree');
  let root = leafHash(leaf);
  for (const sibling of path) {
    if (sn === 0n) throw new Error('the proof is too long');
    if ((fn & 1n) === 1n || fn === sn) {
      root = nodeHash(sibling, root);
      while (fn !== 0n && (fn & 1n) === 0n) {
        fn >>= 1n;
        sn >>= 1n;
      }
    } else {
      root = nodeHash(root, sibling);
    }
    fn >>= 1n;
    sn >>= 1n;
  }
  if (sn !== 0n) throw new Error('the proof is too short');
  return root;
}

// Node wants an Ed25519 key as SubjectPublicKeyInfo; the prefix is fixed.
const publicKey = (raw) => crypto.createPublicKey({
  key: Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), raw]),
  format: 'der',
  type: 'spki',
});

// Size and root of a checkpoint; throws if the log did not sign it.
function openCheckpoint(note, verifierKey) {
  const [name, keyHash, ...rest] = verifierKey.split('+');
  const key = Buffer.from(rest.join('+'), 'base64');
  if (key[0] !== 1) throw new Error('not an Ed25519 key');
  const end = note.lastIndexOf('\n\n');
  const text = note.slice(0, end + 1);
  for (const line of note.slice(end + 2).trim().split('\n')) {
    const [, signer, encoded] = line.split(' ');
    const blob = Buffer.from(encoded, 'base64');
    if (signer !== name || blob.subarray(0, 4).toString('hex') !== keyHash) {
      continue;
    }
    if (!crypto.verify(null, Buffer.from(text), publicKey(key.subarray(1)),
                       blob.subarray(4))) {
      throw new Error('the signature of the log does not fit');
    }
    const [origin, size, root] = text.split('\n');
    if (origin !== name) throw new Error('the checkpoint is of another log');
    return {size, root: Buffer.from(root, 'base64')};
  }
  throw new Error('no signature of the log');
}

// Throws unless the leaf is in the tree that the log signed.
function checkInclusion(proof, verifierKey) {
  const head = openCheckpoint(proof.checkpoint, verifierKey);
  if (head.size !== String(proof.tree_size)) {
    throw new Error('the proof is for another size');
  }
  const root = rootFromInclusionProof(proof.leaf, proof.index, proof.tree_size,
                                      proof.path);
  if (!root.equals(head.root)) throw new Error('the leaf is not in the log');
  return head.size;
}

module.exports = {sha256, treeRoot, checkInclusion};
