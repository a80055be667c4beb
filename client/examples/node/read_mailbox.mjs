// SPDX-License-Identifier: Apache-2.0
// read_mailbox.mjs AGENCY PURPOSE
//
// Reads what the agency is told, to the end, and acknowledges each page once it
// is "stored", which here means printed. PURPOSE is one of
// waystation.v1.Purpose, such as social_insurance_transfer.
import { call, connect } from './waystation_client.mjs';

const [agency, purpose] = process.argv.slice(2);
if (purpose === undefined) {
  console.error('usage: read_mailbox.mjs AGENCY PURPOSE');
  process.exit(2);
}
const mailbox = connect('MailboxService', agency);
let pageToken = '';
for (let atEnd = false; !atEnd;) {
  const { page } = await call(mailbox, 'pull', {
    pageToken,
    purpose: `PURPOSE_${purpose.toUpperCase()}`,
  });
  for (const { kind, view, attributes } of page.entries) {
    console.log(kind.replace('CHANGE_KIND_', ''), view.handle,
                view.recordKeys.join(','), attributes.join(','));
    if (view.person?.employment) {
      console.log('  employer:', view.person.employment.employer);
    }
  }
  pageToken = page.lastToken;
  atEnd = page.atEnd;
  if (page.entries.length > 0) {
    await call(mailbox, 'acknowledge', { pageToken });
  }
}
mailbox.close();
