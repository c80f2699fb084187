// An account of a test: its keys, its clients, its clock, its faults and its journal.
'use strict';

const { AssertionError } = require('node:assert');
const { readFileSync } = require('node:fs');
const { createRequire } = require('node:module');
const { join } = require('node:path');

const { Clock } = require('./clock.js');
const { ControlError } = require('./control.js');
const { Faults } = require('./faults.js');
const { Journal } = require('./journal.js');

const CLASSROOM = '@googleapis/classroom';

/** A seed as test control takes it. A URL, or a text on one line that ends as the name of a file, is read. */
function document(seed) {
  const isPath = seed instanceof URL || (typeof seed === 'string' && /^[^\n]+\.(ya?ml|json)\s*$/i.test(seed));
  // Some editors begin a file with a mark of the byte order.
  return isPath ? readFileSync(seed, 'utf8').replace(/^\uFEFF/, '') : seed;
}

/** A package of the tests: it may be installed beside them, and not beside this one. */
function required(name) {
  for (const place of [join(process.cwd(), 'package.json'), require.main?.filename, __filename]) {
    try {
      if (place) return createRequire(place)(name);
    } catch (error) {
      if (error.code !== 'MODULE_NOT_FOUND' || !error.message.includes(name)) throw error;
    }
  }
  throw new Error(`${name} is missing: npm install --save-dev ${name}`);
}

/** An account with keys for all three APIs. */
class Account {
  #control;
  #hasEnded = false;

  constructor(server, made) {
    this.#control = server.control.below(`accounts/${encodeURIComponent(made.id)}`);
    this.server = server;
    this.url = server.url;
    this.id = made.id;
    this.name = made.name;
    this.accessKey = made.access_key;
    this.secretKey = made.secret_key;
    this.bearer = made.bearer;
    this.accountKey = made.account_key;
    this.project = made.project;
    this.users = Object.fromEntries(made.users.map((user) => [user.role, user]));
    this.token = this.users.admin.token;
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
      PERCULUS_ACCESS_KEY: this.accessKey,
      PERCULUS_SECRET_KEY: this.secretKey,
      PERCULUS_ACCOUNT_ID: this.id,
      OPENREPLAY_API_URL: `${this.url}/api/v1`,
      OPENREPLAY_API_KEY: this.accountKey,
      OPENREPLAY_PROJECT_KEY: this.project.key,
      CLASSROOM_URL: `${this.url}/`,
      CLASSROOM_TOKEN: this.token,
    };
  }

  /** The courses API for `@googleapis/classroom`, which is installed by itself, as the person of a role. */
  async classroom(role = 'admin') {
    if (!Object.hasOwn(this.users, role)) {
      throw new TypeError(`there is no person "${role}": the roles are ${Object.keys(this.users).join(', ')}`);
    }
    const { auth, classroom } = required(CLASSROOM);
    const oauth = new auth.OAuth2();
    oauth.setCredentials({ access_token: this.users[role].token });
    return classroom({ version: 'v1', auth: oauth, rootUrl: `${this.url}/` });
  }

  #authorization(path) {
    if (/^\/(xapi|api\/groups)/.test(path)) return `Bearer ${this.bearer}`;
    if (/^\/(v1\/courses|v1\/userProfiles|batch)/.test(path)) return `Bearer ${this.token}`;
    return this.accountKey;
  }

  /** One request with the credential of its API. */
  request(method, path, { body, headers = {} } = {}) {
    return this.#control.send(this.url, method, path, { body, headers: { Authorization: this.#authorization(path), ...headers } });
  }

  get(path) {
    return this.#expect('GET', path);
  }

  post(path, body) {
    return this.#expect('POST', path, body);
  }

  put(path, body) {
    return this.#expect('PUT', path, body);
  }

  patch(path, body) {
    return this.#expect('PATCH', path, body);
  }

  delete(path) {
    return this.#expect('DELETE', path);
  }

  async #expect(method, path, sent) {
    const { status, body } = await this.request(method, path, { body: sent });
    if (status >= 400) throw new AssertionError({ message: `${method} ${path} was answered ${status}: ${JSON.stringify(body)}` });
    return body;
  }

  async reset() {
    await this.#control.call('POST', 'reset');
  }

  async seed(content) {
    const body = document(content);
    const contentType = typeof body === 'string' ? 'application/yaml' : undefined;
    return this.#control.call('POST', 'seed', { body, contentType });
  }

  async seedExport() {
    return (await this.#control.call('GET', 'seed')) ?? '';
  }

  async snapshot(name) {
    return this.#control.call('PUT', named(name));
  }

  async restore(name) {
    await this.#control.call('POST', `${named(name)}/restore`);
  }

  async snapshotList() {
    return (await this.#control.call('GET', 'snapshots')).snapshots;
  }

  async snapshotRemove(name) {
    await this.#control.call('DELETE', named(name));
  }

  async snapshotSave(name) {
    return this.#control.call('GET', named(name));
  }

  async snapshotLoad(name, content) {
    if (content.length === 0) throw new TypeError('the file of a snapshot is not empty');
    return this.#control.call('PUT', named(name), { body: content, contentType: 'application/zstd' });
  }

  /** Ends the account. An account that has ended stays so. */
  async end() {
    if (this.#hasEnded) return;
    try {
      await this.#control.call('DELETE');
    } catch (error) {
      if (!(error instanceof ControlError) || error.status !== 404) throw error;
    }
    this.#hasEnded = true;
  }

  async [Symbol.asyncDispose ?? Symbol.for('nodejs.asyncDispose')]() {
    await this.end();
  }
}

function named(name) {
  if (!name) throw new TypeError('a snapshot has a name');
  return `snapshots/${encodeURIComponent(name)}`;
}

module.exports = { Account, document };
