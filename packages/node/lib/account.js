// An account of a test: its keys, its clients, its clock, its faults and its journal.
import { AssertionError } from 'node:assert';

import { ControlError, request } from './control.js';

const SECONDS = { weeks: 604_800, days: 86_400, hours: 3_600, minutes: 60, seconds: 1, milliseconds: 0.001 };

const instant = (value) => (value instanceof Date ? value.toISOString() : value);

/** A duration in seconds, or a text. Parts are those of SECONDS. */
export function span(by) {
  if (typeof by === 'string') return by;
  const millis = Object.entries(by).reduce((sum, [part, count]) => {
    if (!(part in SECONDS)) throw new TypeError(`a duration has no ${part}: it has ${Object.keys(SECONDS).join(', ')}`);
    return sum + Math.round(count * SECONDS[part] * 1_000);
  }, 0);
  return millis / 1_000;
}

/** The clock of one account. Leases, timeouts and limits of the service stay on real time. */
class Clock {
  #control;

  constructor(control) {
    this.#control = control;
  }

  show() {
    return this.#control.call('GET');
  }

  async now() {
    return new Date((await this.show()).now);
  }

  freeze(at) {
    return this.#control.call('POST', 'freeze', { body: at === undefined ? {} : { at: instant(at) } });
  }

  set(to) {
    return this.#control.call('POST', 'set', { body: { to: instant(to) } });
  }

  async advance({ to, ...by }) {
    const body = to === undefined ? { by: span(by.by ?? by) } : { to: instant(to) };
    return (await this.#control.call('POST', 'advance', { body })).ran;
  }

  async runToNextDue() {
    return (await this.#control.call('POST', 'run-to-next-due')).ran;
  }

  resume() {
    return this.#control.call('POST', 'resume');
  }
}

/** Faults that the service injects into requests and jobs of one account. */
class Faults {
  #control;

  constructor(control) {
    this.#control = control;
  }

  async add(kind, fields = {}) {
    return (await this.#control.call('POST', '', { body: { kind, ...fields } })).faults[0];
  }

  async preset(name) {
    return (await this.#control.call('POST', '', { body: { preset: name } })).faults;
  }

  async list() {
    return (await this.#control.call('GET')).faults;
  }

  async remove(fault) {
    await this.#control.call('DELETE', encodeURIComponent(fault.id ?? fault));
  }

  async clear() {
    await this.#control.call('DELETE');
  }
}

/** The requests of one account. */
class Journal {
  #control;

  constructor(control) {
    this.#control = control;
  }

  async list(match = {}) {
    return (await this.#control.call('GET', '', { query: { limit: 100, ...match } })).entries;
  }

  async wait(match = {}, { count = 1, timeout = 5 } = {}) {
    const query = { ...match, count, timeout };
    return (await this.#control.call('GET', 'wait', { query, timeout: (timeout + 10) * 1_000 })).entries;
  }

  async assert(match = {}, expected = { at_least: 1 }) {
    try {
      return (await this.#control.call('POST', 'assert', { body: { match, ...expected } })).matched;
    } catch (error) {
      if (!(error instanceof ControlError) || error.status !== 409) throw error;
      throw new AssertionError({ message: difference(match, expected, error.problem), stackStartFn: this.assert });
    }
  }

  async curl(match = {}) {
    return (await this.#control.call('GET', 'curl', { query: match })) ?? '';
  }

  async clear() {
    await this.#control.call('DELETE');
  }
}

function difference(match, expected, problem) {
  const lines = [`no such requests: ${JSON.stringify(match)} ${JSON.stringify(expected)}`];
  for (const near of problem?.nearest ?? []) {
    lines.push(`request ${near.seq} differs:`);
    for (const { field, expected: wanted, found } of near.differences) {
      lines.push(`  ${field}: expected ${JSON.stringify(wanted)}, found ${JSON.stringify(found)}`);
    }
  }
  return lines.join('\n');
}

/** An account with keys for all three APIs. */
export class Account {
  #control;

  constructor(server, made) {
    this.#control = server.control.below(`accounts/${encodeURIComponent(made.id)}`);
    this.url = server.url;
    this.id = made.id;
    this.name = made.name;
    this.users = Object.fromEntries(made.users.map((user) => [user.role, user]));
    this.token = this.users.admin.token;
    this.perculus = {
      url: `${server.url}/xapi/v2`,
      authUrl: `${server.url}/auth`,
      accessKey: made.access_key,
      secretKey: made.secret_key,
      authorization: `Bearer ${made.bearer}`,
    };
    this.openreplay = { url: `${server.url}/api/v1`, key: made.account_key, projectKey: made.project.key };
    this.clock = new Clock(this.#control.below('clock'));
    this.faults = new Faults(this.#control.below('faults'));
    this.journal = new Journal(this.#control.below('journal'));
  }

  /** The variables from which clients, and code that makes its own, take addresses and keys. */
  env() {
    return {
      DERSLIK_URL: this.url,
      PERCULUS_AUTH_URL: `${this.url}/auth`,
      PERCULUS_XAPI_URL: `${this.url}/xapi`,
      PERCULUS_ACCESS_KEY: this.perculus.accessKey,
      PERCULUS_SECRET_KEY: this.perculus.secretKey,
      PERCULUS_ACCOUNT_ID: this.id,
      OPENREPLAY_API_URL: this.openreplay.url,
      OPENREPLAY_API_KEY: this.openreplay.key,
      OPENREPLAY_PROJECT_KEY: this.openreplay.projectKey,
      CLASSROOM_URL: `${this.url}/`,
      CLASSROOM_TOKEN: this.token,
    };
  }

  /** The courses API for `@googleapis/classroom`, which is installed by itself. */
  async classroom(role = 'admin') {
    const { auth, classroom } = await import('@googleapis/classroom');
    const oauth = new auth.OAuth2();
    oauth.setCredentials({ access_token: this.users[role].token });
    return classroom({ version: 'v1', auth: oauth, rootUrl: `${this.url}/` });
  }

  #authorization(path) {
    if (/^\/(xapi|api\/groups)/.test(path)) return this.perculus.authorization;
    if (/^\/(v1\/courses|v1\/userProfiles|batch)/.test(path)) return `Bearer ${this.token}`;
    return this.openreplay.key;
  }

  /** One request with the credential of its API. */
  request(method, path, { body, headers = {} } = {}) {
    return request(this.url, method, path, { body, headers: { Authorization: this.#authorization(path), ...headers } });
  }

  async get(path) {
    return expect(path, await this.request('GET', path));
  }

  async post(path, body) {
    return expect(path, await this.request('POST', path, { body }));
  }

  async reset() {
    await this.#control.call('POST', 'reset');
  }

  seed(document) {
    const contentType = typeof document === 'string' ? 'application/yaml' : undefined;
    return this.#control.call('POST', 'seed', { body: document, contentType });
  }

  seedExport() {
    return this.#control.call('GET', 'seed');
  }

  snapshot(name) {
    return this.#control.call('PUT', `snapshots/${encodeURIComponent(name)}`);
  }

  async restore(name) {
    await this.#control.call('POST', `snapshots/${encodeURIComponent(name)}/restore`);
  }

  snapshotSave(name) {
    return this.#control.call('GET', `snapshots/${encodeURIComponent(name)}`);
  }

  async snapshotLoad(name, content) {
    if (content.length === 0) throw new TypeError('the file of a snapshot is not empty');
    return this.#control.call('PUT', `snapshots/${encodeURIComponent(name)}`, { body: content, contentType: 'application/zstd' });
  }

  async end() {
    await this.#control.call('DELETE');
  }

  async [Symbol.asyncDispose]() {
    await this.end();
  }
}

function expect(path, { status, body }) {
  if (status >= 400) throw new AssertionError({ message: `${path} was answered ${status}: ${JSON.stringify(body)}`, stackStartFn: expect });
  return body;
}
