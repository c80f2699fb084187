// The service as a child process. It ends together with this process, however that ends.
import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';

import { Control } from './control.js';

const ARGUMENTS = ['serve', '--temporary', '--exit-with-stdin', '--print', 'json', '--listen', '127.0.0.1:0', '--ops-listen', '127.0.0.1:0'];
// Settings of the surroundings are not meant for the service of a test.
const FOREIGN = /^(DERSLIK_|OTEL_)|^(DATABASE_URL|DATABASE_URL_FILE|CREDENTIALS_DIRECTORY|NOTIFY_SOCKET)$/;
const LAST_LINES = 50;

function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The path of the program: DERSLIK_BIN, or that of the package for this platform, or what PATH finds. */
export function program() {
  if (process.env.DERSLIK_BIN) return process.env.DERSLIK_BIN;
  try {
    return createRequire(import.meta.url).resolve(`@derslik/${process.platform}-${process.arch}/bin/derslik`);
  } catch {
    const found = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'derslik')).find(isProgram);
    if (found) return found;
    throw new Error(`the program derslik is missing: install @derslik/${process.platform}-${process.arch}, or name a program in DERSLIK_BIN`);
  }
}

function environment(settings) {
  const own = Object.entries(process.env).filter(([name]) => !FOREIGN.test(name));
  return { ...Object.fromEntries(own), DERSLIK_LOG__FILTER: 'warn', ...settings };
}

/** A running service that this process started. */
export class Server {
  #child;

  constructor(child, printed) {
    this.#child = child;
    this.url = printed.url;
    this.operations = printed.operations;
    this.control = new Control(printed.operations);
  }

  /** Starts the service on free ports, with temporary data, and waits until it takes requests. */
  static async launch({ args = [], settings = {} } = {}) {
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
      child.once('close', (code) => reject(new Error(`derslik ended with exit code ${code}:\n${lines.join('\n')}`)));
      createInterface({ input: child.stdout }).once('line', (line) => resolve(JSON.parse(line)));
    });
    // The service does not keep this process alive.
    for (const handle of [child, child.stdin, child.stdout, child.stderr]) handle.unref();
    return new Server(child, printed);
  }

  /** Ends the service. */
  async stop() {
    const child = this.#child;
    this.#child = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.ref();
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.stdin.end();
    const timer = setTimeout(() => child.kill('SIGKILL'), 5_000);
    await ended;
    clearTimeout(timer);
  }
}
