// The week of a school in one account, through the APIs and test control: what the pages of the console are looked at with.
import { Server } from '../../packages/node/index.mjs';
import { PROGRAM } from './service.js';

const SEED = new URL('./console-seed.yaml', import.meta.url);
/** When the week begins for the account, and when the pages are looked at. */
const BEGIN = '2026-03-09T07:00:00+03:00';
export const NOW = '2026-03-11T10:24:07+03:00';

/** A service with temporary data on free ports, which ends with this process. Its clock is that of the week. */
export function launch() {
  process.env.DERSLIK_BIN = PROGRAM;
  return Server.launch({ args: ['--dev-clock', BEGIN] });
}

const userAgent = (text) => ({ headers: { 'User-Agent': text } });

/** What clients did before the week: erasures, of which some fail, and sessions in all states. */
async function erasures(server, account) {
  const ask = (user) => account.delete(`/api/v1/${account.project.key}/users/${encodeURIComponent(user)}`);
  for (const user of ['mezun-2019-0412', 'mezun-2019-0377', 'elif.celik@okul.example']) await ask(user);
  await server.clock.advance({ to: '2026-03-10T06:00:00+03:00' });
  await account.faults.add('job-fails', { action: 'delete_user_data' });
  for (const user of ['eski.veli@okul.example', 'mezun-2018-0031']) await ask(user);
  await server.clock.advance({ to: '2026-03-11T08:00:00+03:00' });
  await account.faults.clear();
  for (const user of ['mezun-2020-1108', 'mezun-2020-1109', 'mezun-2020-1110', 'can.eski@okul.example']) await ask(user);
}

async function sessions(account) {
  const begun = { start_date: '2026-03-12T13:00:00', timezone: 'Europe/Istanbul' };
  const passive = { ...begun, name: 'Etüt (taslak)', duration: 60, status: 0 };
  await account.request('POST', '/xapi/session', { body: passive, ...userAgent('python-requests/2.32.3') });
  const locked = { ...begun, name: 'Deneme sınavı', duration: 90, start_date: '2026-03-13T13:00:00' };
  const { body } = await account.request('POST', '/xapi/session', { body: locked, ...userAgent('python-requests/2.32.3') });
  await account.request('PUT', `/xapi/session/${body.session_id}`, { body: { ...locked, status: 2 } });
}

/** The requests that the journal shows: each API, some of which fail. */
async function requests(account) {
  const google = userAgent('google-api-nodejs-client/8.0.0 (gzip)');
  const python = userAgent('python-requests/2.32.3');
  const search = { page_size: 20, name: 'Kimya' };
  await account.request('POST', '/xapi/v2/session/search', { body: search, ...python });
  await account.request('GET', '/v1/courses?pageSize=50&courseStates=ACTIVE', google);
  await account.faults.add('status', { status: 503, method: 'POST', path: '/v1/courses', times: 2 });
  await account.faults.add('delay', { api: 'sessions', millis: 120, nth: 2 });
  const course = { name: 'Biyoloji 9-A', ownerId: account.users.teacher.email, courseState: 'ACTIVE' };
  await account.request('POST', '/v1/courses', { body: course, ...google });
  await account.request('GET', '/v1/courses/d:kimya-11a', google);
  await account.request('GET', '/v1/courses/000000', google);
  await account.request('GET', `/api/v1/${account.project.key}/jobs/999999`, userAgent('curl/8.5.0'));
  const batch = [
    { name: 'Kimya 11-A: telafi', start_date: '2026-03-17T15:00:00', duration: 40, timezone: 'Europe/Istanbul' },
    { name: 'Geçmiş ders', start_date: '2020-03-17T15:00:00', duration: 40 },
  ];
  await account.request('POST', '/xapi/v2/session/batch', { body: batch, ...python });
  await account.request('GET', '/xapi/session?page_size=10', python);
  await account.request('GET', '/v1/userProfiles/me', google);
}

/** An account with that content. The clock of the service stands still, so the accounts have no other. */
export async function school(server, name = 'Atatürk Lisesi') {
  await server.clock.freeze(BEGIN);
  const account = await server.account({ name, frozen: false });
  await account.seed(SEED);
  await erasures(server, account);
  await sessions(account);
  await server.clock.advance({ to: NOW });
  await requests(account);
  return account;
}
