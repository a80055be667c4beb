// SPDX-License-Identifier: Apache-2.0
// submit_and_prove.mjs AGENCY RECORD_KEY REVISION
//
// Sends one signed frame with one update of one record, about a made-up person,
// and then proves that the hub has written it into its audit log.
import {
  LogKey, ProofError, call, checkInclusion, connect, decode, encode, signFrame,
  treeRoot,
} from './waystation_client.mjs';

const FIRST_ENTERED = 1_714_521_600;  // 2024-05-01 in China.

// A worker who does not exist: no division's code begins with 0.
function madeUpUpdate(recordKey, revision) {
  return encode('Update', {
    recordKey,
    revision,
    claims: {
      identifiers: [
        { kind: 'KIND_CITIZEN_NUMBER', number: '034105199003070424' },
      ],
      name: { full: '张小花' },
      birthDate: { date: { year: 1990, month: 3, day: 7 } },
      sex: { value: 'SEX_FEMALE' },
      employment: {
        employer: `苏州第 ${revision} 电子厂`,
        since: { year: 2024 },
      },
    },
    // What the mask names is claimed; a name without a value takes back.
    mask: {
      paths: ['identifiers', 'name', 'birth_date', 'sex', 'employment'],
    },
    // When the agency entered it: each revision a day after the one before.
    times: { recordedTime: { seconds: FIRST_ENTERED + 86_400 * revision } },
    evidence: 'EVIDENCE_DOCUMENT_SEEN',
  });
}

// The acknowledgement of a frame. Frames go out on a stream; a few may be in
// flight. Here it is one.
function submit(agency, frame) {
  const registry = connect('RegistryService', agency);
  return new Promise((resolve, reject) => {
    const stream =
        registry.submitRecords({ deadline: Date.now() + 30_000 });
    let acknowledged;
    stream.on('data', (response) => { acknowledged = response; });
    stream.on('error', reject);
    stream.on('end', () => {
      registry.close();
      resolve(acknowledged);
    });
    stream.write({ frameNumber: 1, frame });
    stream.end();
  });
}

// That the log commits to the update at this entry.
async function prove(agency, index, updateHash) {
  const audit = connect('AuditService', agency);
  const proof = await call(audit, 'getInclusionProof', { index });
  audit.close();
  const size = checkInclusion(proof, LogKey.fromEnvironment());
  // The entry commits to its details by the root over them.
  const event = decode('AuditEvent', proof.leaf);
  if (!treeRoot(proof.details).equals(event.detailsRoot)) {
    throw new ProofError('the details are not those of the entry');
  }
  if (!proof.details.some((detail) => detail.equals(updateHash))) {
    throw new ProofError('the update is not among the details');
  }
  return size;
}

const [agency, recordKey, revision] = process.argv.slice(2);
if (revision === undefined) {
  console.error('usage: submit_and_prove.mjs AGENCY RECORD_KEY REVISION');
  process.exit(2);
}
const update = madeUpUpdate(recordKey, Number(revision));
const { frame, hashes } = signFrame([update], agency);
const acknowledged = await submit(agency, frame);
const [result] = acknowledged.results;
console.log(result.outcome.replace('OUTCOME_', ''), result.handle);
for (const violation of result.violations) {
  console.error(`  ${violation.field}: ${violation.reason}`);
}
// Where nothing was written there is nothing to prove.
if (acknowledged.leaf) {
  const { index } = acknowledged.leaf;
  const size = await prove(agency, index, hashes[0]);
  console.log(`proven: entry ${index} of ${size}`);
}
