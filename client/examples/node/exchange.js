// SPDX-License-Identifier: Apache-2.0
// An agency in one page: submit a signed record, read the mailbox, check the
// audit log. Run by ./run.sh, which installs what it needs.
'use strict';
const crypto = require('crypto');
const fs = require('fs');
const path = require('path');
const {parseArgs} = require('util');
const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');
const protobuf = require('protobufjs');
const {sha256, treeRoot, checkInclusion} = require('./audit_proof.js');

const protoRoot = process.env.WAYSTATION_PROTO ||
    path.join(__dirname, '../../../proto');
const files = ['registry', 'mailbox', 'audit'].map(
    (name) => `waystation/v1/${name}_service.proto`);

const {values: options} = parseArgs({
  options: {
    'hub': {type: 'string'},
    'ca': {type: 'string'},
    'cert': {type: 'string'},
    'key': {type: 'string'},
    'agency': {type: 'string'},
    'signing-key': {type: 'string'},
    'signing-key-id': {type: 'string'},
    'purpose': {type: 'string', default: 'PURPOSE_RESIDENCE_REGISTRATION'},
  },
});

const v1 = grpc.loadPackageDefinition(loader.loadSync(files, {
  includeDirs: [protoRoot],
  keepCase: true,
  longs: String,
  enums: String,
  defaults: true,
})).waystation.v1;

// Messages are sent as the bytes that were signed, so one is encoded by hand.
const types = new protobuf.Root();
types.resolvePath = (origin, target) => path.join(protoRoot, target);
types.loadSync(files, {keepCase: true});
const Update = types.lookupType('waystation.v1.Update');
const AuditEvent = types.lookupType('waystation.v1.AuditEvent');

// The client certificate says who we are.
const credentials = grpc.credentials.createSsl(
    fs.readFileSync(options.ca), fs.readFileSync(options.key),
    fs.readFileSync(options.cert));
const call = (Service, method, request) => new Promise((resolve, reject) => {
  const stub = new Service(options.hub, credentials);
  stub[method](request, (error, response) => {
    stub.close();
    if (error) reject(error);
    else resolve(response);
  });
});

// A record of a person who does not exist: numbers with a leading 0 are never
// assigned, and only hubs for trials take them.
function exampleUpdate() {
  return Buffer.from(Update.encode(Update.fromObject({
    record_key: 'example-node-1',
    revision: Math.floor(Date.now() / 1000),
    claims: {
      identifiers: [{
        kind: 'KIND_CITIZEN_NUMBER',
        number: '041202199203040022',
      }],
      name: {full: '司马晓月'},
      sex: {value: 'SEX_FEMALE'},
      birth_date: {date: {year: 1992, month: 3, day: 4}},
    },
    mask: {paths: ['identifiers', 'name', 'sex', 'birth_date']},
    evidence: 'EVIDENCE_DOCUMENT_SEEN',
  })).finish());
}

// Signs a frame of one update (proto/auditlog/batch_signature.h).
function sign(salt, update) {
  const root = treeRoot([sha256(salt, update)]);
  const statement = 'waystation/v1 frame\n' + options.agency + '\n' +
      options['signing-key-id'] + '\n1\n' + root.toString('base64') + '\n';
  return {
    key_id: options['signing-key-id'],
    signature: crypto.sign(null, Buffer.from(statement),
                           fs.readFileSync(options['signing-key'])),
  };
}

async function main() {
  const update = exampleUpdate();
  const salt = crypto.randomBytes(16);
  const {result, leaf} = await call(v1.RegistryService, 'SubmitRecord', {
    update, salt, signature: sign(salt, update),
  });
  console.log('submitted:', result.outcome, result.handle);

  const {page} = await call(v1.MailboxService, 'Pull',
                            {purpose: options.purpose});
  for (const entry of page.entries) {
    console.log('mailbox:', entry.view.record_keys.join(', '), 'changed:',
                entry.attributes.join(', '));
  }
  if (page.entries.length > 0) {
    // Only now that the entries are where they belong.
    await call(v1.MailboxService, 'Acknowledge',
               {page_token: page.last_token});
  }
  console.log('mailbox entries:', page.entries.length);

  const head = await call(v1.AuditService, 'GetCheckpoint',
                          {at_least: String(BigInt(leaf.index) + 1n)});
  const proof = await call(v1.AuditService, 'GetInclusionProof',
                           {index: leaf.index});
  // A real client keeps the verifier key from when it joined.
  const size = checkInclusion(proof, head.verifier_key);
  const event = AuditEvent.decode(proof.leaf);
  if (!treeRoot([sha256(salt, update)]).equals(event.details_root)) {
    throw new Error('the log holds something else than we sent');
  }
  console.log('audit: leaf', leaf.index, 'of', size, 'holds what we sent');
}

main().catch((error) => {
  console.error(error.message);
  process.exit(1);
});
