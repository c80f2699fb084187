// The program as a child process, for tests that need settings of their own.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** The repository. */
export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

/** The program: the one that DERSLIK_BIN names, or the one that was built last for tests. */
export const PROGRAM = process.env.DERSLIK_BIN ?? join(process.env.CARGO_TARGET_DIR ?? join(ROOT, 'target'), 'debug', 'derslik');

/** The variables of a process: of the surroundings only those that are not for the program, and those settings. */
function environment(settings) {
  const own = Object.entries(process.env).filter(([name]) => !/^(DERSLIK_|OTEL_|DATABASE_URL)/.test(name));
  return { ...Object.fromEntries(own), ...settings };
}

/** A service with a folder of its own and these settings. It resolves once it takes requests, with what it has printed as JSON. */
export async function serve(settings = {}, folder = mkdtempSync(join(tmpdir(), 'derslik-'))) {
  const free = ['--listen', '127.0.0.1:0', '--ops-listen', '127.0.0.1:0'];
  const child = spawn(PROGRAM, ['serve', '--print', 'json', '--exit-with-stdin', ...free, '--data-dir', folder], {
    env: environment(settings),
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const first = await new Promise((found, failed) => {
    createInterface({ input: child.stdout }).once('line', found);
    child.once('exit', (code) => failed(new Error(`the service ended with code ${code}`)));
  });
  const close = () =>
    new Promise((ended) => {
      child.removeAllListeners('exit');
      child.once('exit', ended);
      child.kill();
    }).then(() => rmSync(folder, { recursive: true, force: true }));
  return { ...JSON.parse(first), close };
}

/** A service of profile `production` on a fresh SQLite file. `command` runs the program on the same database, and returns its JSON. */
export async function serveProduction(settings = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'derslik-'));
  const set = {
    DERSLIK_PROFILE: 'production',
    DERSLIK_ALLOW_SQLITE: 'true',
    DATABASE_URL: `sqlite://${join(folder, 'derslik.sqlite')}`,
    DERSLIK_DATABASE__SQLITE_FULL_SYNC: 'false',
    ...settings,
  };
  const command = (args, input) => {
    const printed = execFileSync(PROGRAM, [...args, '--json', '--data-dir', folder], {
      env: environment({ ...set, DERSLIK_LOG__FILTER: 'error' }),
      input,
      encoding: 'utf8',
    });
    return args[0] === 'migrate' ? undefined : JSON.parse(printed);
  };
  command(['migrate']);
  return { ...(await serve(set, folder)), command };
}
