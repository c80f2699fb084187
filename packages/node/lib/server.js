// The service as a child process. It ends together with this process, however that ends.
'use strict';

const { spawn } = require('node:child_process');
const { accessSync, constants } = require('node:fs');
const { delimiter, join } = require('node:path');
const { createInterface } = require('node:readline');

const { Account, document } = require('./account.js');
const { Clock } = require('./clock.js');
const { Control } = require('./control.js');

const ADDRESSES = ['--listen', '127.0.0.1:0', '--ops-listen', '127.0.0.1:0'];
const ARGUMENTS = ['serve', '--temporary', '--exit-with-stdin', '--print', 'json', ...ADDRESSES];
// Settings of the surroundings are not meant for the service of a test.
const FOREIGN = /^(DERSLIK_|OTEL_)|^(DATABASE_URL|DATABASE_URL_FILE|CREDENTIALS_DIRECTORY|NOTIFY_SOCKET)$/;
const LAST_LINES = 50;
const SHOWN_LINES = 10;

function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The path of the program: DERSLIK_BIN, or that of the package for this platform, or what PATH finds. */
function program() {
  if (process.env.DERSLIK_BIN) return process.env.DERSLIK_BIN;
  try {
    return require.resolve(`@derslik/${process.platform}-${process.arch}/bin/derslik`);
  } catch {
    const found = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'derslik')).find(isProgram);
    if (found) return found;
    const platform = `@derslik/${process.platform}-${process.arch}`;
    throw new Error(`the program derslik is missing: install ${platform}, or name a program in DERSLIK_BIN`);
  }
}

function environment(settings) {
  const own = Object.entries(process.env).filter(([name]) => !FOREIGN.test(name));
  const given = Object.entries(settings).map(([name, value]) => [name, String(value)]);
  return { ...Object.fromEntries(own), DERSLIK_LOG__FILTER: 'warn', ...Object.fromEntries(given) };
}

/** Refuses options that do not exist. */
function check(options, known) {
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown !== undefined) throw new TypeError(`there is no option ${unknown}: there are ${known.join(', ')}`);
}

/** How a process has ended. */
const how = (code, signal) => (signal ? `by ${signal}` : `with exit code ${code}`);

/** A running service that this process started. */
class Server {
  #child;
  #isStopped = false;

  constructor(child, printed, lines) {
    this.#child = child;
    this.url = printed.url;
    this.operations = printed.operations;
    this.control = new Control(printed.operations, () => this.#ended(lines));
    this.clock = new Clock(this.control.below('clock'));
  }

  /** Starts the service on free ports, with temporary data, and waits until it takes requests. */
  static async launch(options = {}) {
    check(options, ['args', 'settings']);
    const { args = [], settings = {} } = options;
    // An interrupt from the terminal is for the tests, so the service has a session of its own. It ends with them.
    const child = spawn(program(), [...ARGUMENTS, ...args], { env: environment(settings), stdio: 'pipe', detached: true });
    const lines = [];
    createInterface({ input: child.stderr }).on('line', (line) => {
      lines.push(line);
      if (lines.length > LAST_LINES) lines.shift();
    });
    child.stdin.on('error', () => {});
    const printed = await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => reject(new Error(`derslik ended ${how(code, signal)}:\n${lines.join('\n')}`)));
      createInterface({ input: child.stdout }).once('line', (line) => resolve(JSON.parse(line)));
    });
    // The service does not keep this process alive.
    for (const handle of [child, child.stdin, child.stdout, child.stderr]) handle.unref();
    return new Server(child, printed, lines);
  }

  /** Makes an account with keys for all APIs. Its clock stands still unless `frozen` is false. `timeToLive` is in seconds of real time. */
  async account(options = {}) {
    check(options, ['name', 'seed', 'timeToLive', 'frozen']);
    const { name, seed, timeToLive, frozen = true } = options;
    const body = { name, seed: document(seed), time_to_live_seconds: timeToLive };
    const account = new Account(this, await this.control.call('POST', 'accounts', { body }));
    if (frozen) await account.clock.freeze();
    return account;
  }

  /** The accounts that have not ended. */
  async accounts() {
    return (await this.control.call('GET', 'accounts')).accounts;
  }

  /** Brings all accounts back to their first content. */
  async reset() {
    await this.control.call('POST', 'reset');
  }

  /** The last requests whose account is not known: their credential is missing or wrong. */
  async unmatched() {
    return (await this.control.call('GET', 'journal/unmatched')).entries;
  }

  /** Ends the service. */
  async stop() {
    const child = this.#child;
    if (this.#isStopped || child.exitCode !== null || child.signalCode !== null) return;
    this.#isStopped = true;
    child.ref();
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.stdin.end();
    const timer = setTimeout(() => child.kill('SIGKILL'), 5_000);
    await ended;
    clearTimeout(timer);
  }

  /** Why nothing listens on the addresses of the service. */
  async #ended(lines) {
    const child = this.#child;
    if (this.#isStopped) return 'the service was stopped before this request';
    for (let look = 0; look < 250 && child.exitCode === null && child.signalCode === null; look += 1) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    if (child.exitCode === null && child.signalCode === null) {
      return `the service takes no connections at ${this.operations}, and its process ${child.pid} has not ended`;
    }
    const log = lines.slice(-SHOWN_LINES).join('\n') || '(empty)';
    return `the service has ended ${how(child.exitCode, child.signalCode)}; the end of its log:\n${log}`;
  }
}

module.exports = { Server, program };
