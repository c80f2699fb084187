// The Node helpers against the program: an account for each test, and the end of the service.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { pathToFileURL } from 'node:url';

import { ControlError, Derslik } from '../../../packages/node/index.js';

const PACKAGE = join(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '../../../packages/node');
const COURSE = { name: 'Biology 101', ownerId: 'me', courseState: 'ACTIVE' };

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
    const scheduled = await d.request('DELETE', `/api/v1/${d.openreplay.projectKey}/users/mehdi@openreplay.com`);
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

test('a refusal names the problem', () =>
  withAccount((d) => assert.rejects(d.faults.preset('no-such-preset'), (error) => error instanceof ControlError && error.status < 500)));

test('an unknown part of a duration is refused before a request', () =>
  withAccount((d) => assert.rejects(d.clock.advance({ day: 1 }), /a duration has no day/)));

// A program that holds an account until it is killed, or ends by itself.
const PARENT = `
import { Derslik } from ${JSON.stringify(pathToFileURL(join(PACKAGE, 'index.js')).href)};
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
