// SPDX-License-Identifier: Apache-2.0
// working_days_test.mjs WAYCTL CALENDAR: the shipped calendar, and how wayctl counts
// by it, against chinese-days, which keeps its own table of the announcements and
// its own way of counting.
import { execFileSync } from 'node:child_process';
import chineseDays from 'chinese-days';

const [wayctl, calendar] = process.argv.slice(2);
// The years that this version of the library knows from announcements.
const FIRST = 2018;
const LAST = 2026;
// Those of the statutes, and what a clerk may be granted on top.
const COUNTS = [1, 2, 3, 5, 7, 10, 15, 30, 60];

const DAY = 86_400_000;
const text = (time) => new Date(time).toISOString().slice(0, 10);
const time = (year, month, day) => Date.UTC(year, month - 1, day);

function run(...args) {
  return execFileSync(wayctl, ['--lang', 'en', 'calendar', ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, TZ: 'America/New_York' },
  });
}

// What wayctl says of each day of an event from `start` to `end`.
function dueDays(start, end, ...how) {
  const [heading, ...rows] = run('due', '--calendar', calendar,
    '--start', text(start), '--to', text(end), ...how, '-o', 'csv')
    .trim().split(/\r?\n/);
  const at = heading.split(',').indexOf('last_day');
  return rows.map((row) => [row.split(',')[0], row.split(',')[at]]);
}

let compared = 0;
const wrong = [];
function expect(what, got, want) {
  ++compared;
  if (got !== want) wrong.push(`${what}: ${got}, and ${want} by the library`);
}

// Each year as a whole.
const report = JSON.parse(run('check', calendar, '-o', 'json'));
for (let year = FIRST; year <= LAST; ++year) {
  let working = 0;
  let makeUp = 0;
  for (let day = time(year, 1, 1); day <= time(year, 12, 31); day += DAY) {
    if (!chineseDays.isWorkday(text(day))) continue;
    ++working;
    if ([0, 6].includes(new Date(day).getUTCDay())) ++makeUp;
  }
  const counted = report.years.find((one) => one.year === year) ?? {};
  expect(`working days of ${year}`, counted.workingDays, working);
  expect(`make-up days of ${year}`, counted.makeUpDays, makeUp);
}

// From each day of those years, as long as the end is known.
for (const count of COUNTS) {
  const end = time(LAST, 12, 31) - (2 * count + 16) * DAY;
  for (let start = time(FIRST, 1, 1); start <= end; start += 730 * DAY) {
    const last = Math.min(start + 729 * DAY, end);
    const rows = dueDays(start, last, '--count', String(count));
    expect(`rows from ${text(start)}`, rows.length, (last - start) / DAY + 1);
    for (const [day, got] of rows) {
      expect(`${day} + ${count} working days`, got,
        chineseDays.findWorkday(count, day));
    }
  }
}

// Calendar days, against the arithmetic of JavaScript.
for (const count of [1, 15, 30, 366]) {
  const start = time(2023, 12, 1);
  const rows = dueDays(start, start + 400 * DAY, '--unit', 'calendar',
    '--count', String(count));
  for (const [day, got] of rows) {
    expect(`${day} + ${count} days`, got,
      text(Date.parse(`${day}T00:00:00Z`) + count * DAY));
  }
}

for (const line of wrong.slice(0, 20)) console.error(line);
console.log(`${compared} compared, ${wrong.length} differ`);
process.exit(wrong.length > 0 || compared < 20_000 ? 1 : 0);
