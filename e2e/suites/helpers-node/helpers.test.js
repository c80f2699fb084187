// The Node helpers against the program: an account for each test, and the end of the service.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { pathToFileURL } from 'node:url';

import { ControlError, Derslik, EndedError, Server } from '../../../packages/node/index.mjs';

const require = createRequire(import.meta.url);
const PACKAGE = join(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '../../../packages/node');
const GUIDE = join(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '../../../docs/TESTING.md');
const COURSE = { name: 'Biology 101', ownerId: 'me', courseState: 'ACTIVE' };

const { program } = require(join(PACKAGE, 'lib/server.js'));

after(() => Derslik.stop());

async function withAccount(work) {
  const account = await Derslik.start();
  try {
    return await work(account);
  } finally {
    await account.end();
  }
}

test('accounts of one service share nothing', () =>
  withAccount((one) =>
    withAccount(async (other) => {
      assert.equal(one.url, other.url);
      const { id } = await one.post('/v1/courses', COURSE);
      assert.equal((await one.get(`/v1/courses/${id}`)).name, 'Biology 101');
      assert.equal((await other.request('GET', `/v1/courses/${id}`)).status, 404);
    }),
  ));

test('an erasure at midnight has run when advance returns', () =>
  withAccount(async (d) => {
    const scheduled = await d.request('DELETE', `/api/v1/${d.project.key}/users/mehdi@openreplay.com`);
    assert.equal(scheduled.body.data.status, 'scheduled');
    const ran = await d.clock.advance({ days: 1 });
    assert.deepEqual(ran.map(({ kind, outcome }) => [kind, outcome]), [['job', 'completed']]);
  }));

test('the clock goes where it is told, also backwards', () =>
  withAccount(async (d) => {
    for (const instant of ['2031-03-01T12:00:00.000Z', '2020-01-01T00:00:00.000Z']) {
      await d.clock.set(instant);
      assert.equal((await d.clock.now()).toISOString(), instant);
    }
  }));

test('a fault hits as often as it says, and the journal has it', () =>
  withAccount(async (d) => {
    await d.faults.add('status', { status: 503, path: '/v1/courses', times: 1 });
    const statuses = [(await d.request('GET', '/v1/courses')).status, (await d.request('GET', '/v1/courses')).status];
    assert.deepEqual(statuses, [503, 200]);
    await d.journal.assert({ path: '/v1/courses', status: 503 }, { count: 1 });
    await assert.rejects(d.journal.assert({ path: '/v1/course' }), /\/v1\/courses/);
    assert.match(await d.journal.curl({ path: '/v1/courses' }), /^curl /);
  }));

test('a snapshot brings the account back', () =>
  withAccount(async (d) => {
    await d.snapshot('empty');
    await d.post('/v1/courses', COURSE);
    await d.restore('empty');
    assert.deepEqual(await d.get('/v1/courses'), {});
  }));

test('a snapshot goes into another account by a file', () =>
  withAccount(async (d) => {
    await d.post('/v1/courses', COURSE);
    await d.snapshot('one-course');
    const file = await d.snapshotSave('one-course');
    await withAccount(async (other) => {
      await other.snapshotLoad('theirs', file);
      await other.restore('theirs');
      assert.equal((await other.get('/v1/courses')).courses.length, 1);
    });
    await assert.rejects(d.snapshotLoad('broken', Buffer.from('PK')), /not a backup/);
  }));

test('a refusal names the place and the value', () =>
  withAccount(async (d) => {
    const refused = (work, text) => assert.rejects(work, (error) => error instanceof ControlError && text.test(error.message));
    await refused(d.faults.preset('no-such-preset'), /^4\d\d: .*no-such-preset/s);
    await refused(d.seed({ courses: [{ name: 'Kimya', owner: 'teacher', state: 'ACTIV' }] }), /^422: .*courses\.0\.state.*ACTIV\b/s);
    await refused(d.seed('courses:\n- nam: Kimya\n'), /line 2/);
  }));

test('a count that is not met is told, and a wait shows the nearest request', () =>
  withAccount(async (d) => {
    await d.post('/v1/courses', COURSE);
    await assert.rejects(d.journal.assert({ path: '/v1/courses' }, { count: 2 }), /: 1 request matches, and 2 were expected/);
    await assert.rejects(d.journal.assert({ path: '/v1/courses' }, { none: true }), /1 request matches, and 0 were expected/);
    await assert.rejects(d.journal.wait({ path: '/v1/corses' }, { timeout: 0.05 }), /expected "\/v1\/corses", found "\/v1\/courses"/);
  }));

test('a duration is a text, a number of seconds or its parts', () =>
  withAccount(async (d) => {
    const begin = (await d.clock.now()).getTime();
    const to = new Date(begin + 5 * 86_400_000);
    for (const [by, days] of [['1d', 1], [86_400, 2], [{ hours: 24 }, 3], [{ by: '1d' }, 4], [{ to }, 5]]) {
      await d.clock.advance(by);
      assert.equal((await d.clock.now()).getTime(), begin + days * 86_400_000);
    }
    await assert.rejects(d.clock.advance({ day: 1 }), /a duration has no day/);
    await assert.rejects(d.clock.advance({ days: -1 }), /use set/);
    await assert.rejects(d.clock.advance(0.5), /whole seconds/);
    for (const by of [undefined, {}, null]) await assert.rejects(d.clock.advance(by), /give a duration/);
  }));

test('what does not exist is refused before a request', () =>
  withAccount(async (d) => {
    await assert.rejects(Derslik.start({ frozn: false }), /there is no option frozn: there are name, seed, timeToLive, frozen/);
    await assert.rejects(Server.launch({ settigns: {} }), /there is no option settigns/);
    await assert.rejects(d.classroom('techer'), /there is no person "techer": the roles are admin, teacher/);
    await assert.rejects(d.snapshot(''), /a snapshot has a name/);
  }));

test('a seed is read from a file, also one that begins with a mark of the byte order', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'seed-'));
  try {
    const path = join(folder, 'seed.yaml');
    writeFileSync(path, '\uFEFFcourses:\r\n- name: Kimya\r\n  owner: teacher\r\n');
    await withAccount(async (d) => {
      assert.equal((await d.seed(path)).courses, 1);
      assert.equal((await d.seed(pathToFileURL(path))).courses, 1);
      assert.equal((await d.seed('courses:\n- name: Tarih\n  owner: teacher\n')).courses, 1);
      await assert.rejects(d.seed(join(folder, 'sed.yaml')), /sed\.yaml/);
    });
    const seeded = await Derslik.start({ seed: path });
    assert.equal((await seeded.get('/v1/courses')).courses[0].name, 'Kimya');
    await seeded.end();
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('each method of HTTP has its own', () =>
  withAccount(async (d) => {
    const { id } = await d.post('/v1/courses', COURSE);
    await d.put(`/v1/courses/${id}`, { ...COURSE, name: 'Biology 102' });
    const patched = await d.patch(`/v1/courses/${id}?updateMask=courseState`, { courseState: 'ARCHIVED' });
    assert.deepEqual([patched.name, patched.courseState], ['Biology 102', 'ARCHIVED']);
    await d.delete(`/v1/courses/${id}`);
    await assert.rejects(d.get(`/v1/courses/${id}`), /GET .* was answered 404/);
  }));

test('snapshots are listed and removed, and a clock is released', () =>
  withAccount(async (d) => {
    await d.snapshot('one');
    await d.snapshot('other');
    await d.snapshotRemove('one');
    assert.deepEqual((await d.snapshotList()).map(({ name }) => name), ['other']);
    assert.equal((await d.clock.show()).own, true);
    await d.clock.release();
    assert.equal((await d.clock.show()).own, false);
  }));

test('requests are seen as they come', () =>
  withAccount(async (d) => {
    await d.get('/v1/courses');
    const seen = [];
    for await (const entry of d.journal.live({ path: '/v1/courses' }, { timeout: 5 })) {
      seen.push(entry.seq);
      if (seen.length === 3) break;
      await d.get('/v1/courses');
    }
    assert.deepEqual(seen, [1, 2, 3]);
    const later = [];
    for await (const entry of d.journal.live({ after: 3 }, { timeout: 0.05 })) later.push(entry);
    assert.deepEqual(later, []);
  }));

test('an account that has ended stays so', async () => {
  const account = await Derslik.start();
  const other = await account.server.account();
  await account.end();
  await account.end();
  assert.ok((await other.server.accounts()).every(({ id }) => id !== account.id));
  await other.end();
});

test('a service that was stopped says so', async () => {
  const server = await Server.launch();
  const account = await server.account();
  await server.stop();
  await assert.rejects(account.get('/v1/courses'), (error) => error instanceof EndedError && /was stopped/.test(error.message));
});

test('a service that was killed says how it ended', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'killed-'));
  const before = process.env.DERSLIK_BIN;
  try {
    // A program that tells its process, and becomes the service.
    const script = `#!/bin/sh\necho $$ >'${folder}/pid'\nexec '${program()}' "$@"\n`;
    writeFileSync(join(folder, 'derslik'), script, { mode: 0o755 });
    process.env.DERSLIK_BIN = join(folder, 'derslik');
    const account = await (await Server.launch()).account();
    process.kill(Number(readFileSync(join(folder, 'pid'), 'utf8')), 'SIGKILL');
    for (const ask of [() => account.get('/v1/courses'), () => account.faults.list()]) {
      await assert.rejects(ask, (error) => error instanceof EndedError && /ended by SIGKILL; the end of its log:\n/.test(error.message));
    }
  } finally {
    process.env.DERSLIK_BIN = before;
    if (before === undefined) delete process.env.DERSLIK_BIN;
    rmSync(folder, { recursive: true });
  }
});

test('the names are those of the table in the guide', () =>
  withAccount(async (d) => {
    const page = readFileSync(GUIDE, 'utf8');
    const types = readFileSync(join(PACKAGE, 'index.d.ts'), 'utf8');
    const named = (part) => {
      const row = page.split('\n').find((line) => line.startsWith(`| \`${part}\` |`));
      const camel = (name) => name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase());
      return row.slice(part.length + 5).match(/`[^`]+`/g).map((name) => camel(name.slice(1, -1)));
    };
    const parts = { server: [d.server, 'Server'], account: [d, 'Account'], clock: [d.clock, 'Clock'] };
    for (const [part, [value, name]] of Object.entries({ ...parts, faults: [d.faults, 'Faults'], journal: [d.journal, 'Journal'] })) {
      const body = types.split(`export declare class ${name} `)[1].split('\n}')[0];
      const declared = [...body.matchAll(/^  (?:static |readonly )*(\w+)[(:]/gm)].map(([, found]) => found);
      const own = named('Node').filter((found) => found.startsWith(`${part}.`)).map((found) => found.split('.')[1]);
      assert.deepEqual([...new Set(declared)].sort(), [...named(part), ...own].sort(), part);
      for (const found of declared) assert.ok(found in value || found in value.constructor, `${part}.${found}`);
    }
  }));

test('require and import give the same', () => {
  assert.equal(require(join(PACKAGE, 'index.js')).Derslik, Derslik);
});

test('the types name the library that they need', () => {
  const types = readFileSync(join(PACKAGE, 'index.d.ts'), 'utf8');
  assert.match(types, /^\/\/\/ <reference lib="esnext\.disposable" \/>\n/);
});

// A program that holds an account until it is killed, or ends by itself.
const PARENT = `
import { Derslik } from ${JSON.stringify(pathToFileURL(join(PACKAGE, 'index.mjs')).href)};
await Derslik.start();
console.log('started');
if (process.argv[2] === 'wait') setInterval(() => {}, 1000);
`;

async function emptied(folder) {
  for (let look = 0; look < 1000; look += 1) {
    if (readdirSync(folder).length === 0) return true;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return false;
}

for (const [name, argument, end] of [
  ['a killed parent leaves no service and no files', 'wait', (child) => child.kill('SIGKILL')],
  ['a program that forgets to end its account can exit', 'exit', () => {}],
]) {
  test(name, async () => {
    const [folder, source] = [mkdtempSync(join(tmpdir(), 'temporary-')), mkdtempSync(join(tmpdir(), 'source-'))];
    try {
      writeFileSync(join(source, 'parent.mjs'), PARENT);
      const child = spawn(process.execPath, [join(source, 'parent.mjs'), argument], { env: { ...process.env, TMPDIR: folder } });
      const ended = new Promise((resolve) => child.once('exit', resolve));
      await new Promise((resolve) => child.stdout.once('data', resolve));
      end(child);
      await ended;
      // The service removes its files last.
      assert.ok(await emptied(folder));
    } finally {
      rmSync(folder, { recursive: true, force: true });
      rmSync(source, { recursive: true, force: true });
    }
  });
}

test('the example of the README passes', async () => {
  const readme = readFileSync(join(PACKAGE, 'README.md'), 'utf8');
  const example = readme.split('```js\n')[1].split('```')[0];
  assert.ok(example.trim().split('\n').length <= 5);
  const [, ...lines] = example.trim().split('\n');
  // `await using` is not syntax of each supported version of Node, and does the same at the end of a block.
  const body = lines.join('\n').replace('await using d', 'const d');
  const AsyncFunction = (async () => {}).constructor;
  await new AsyncFunction('Derslik', body)(Derslik);
});
