// Pages of other sites, which want to read the console, to send its forms or to show it inside of theirs.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { openBrowser } from '../../browser/browser.js';
import { launch } from '../../browser/content.js';
import { ask, formToken } from './checks.js';

/** A page of the web. Its name leads to this machine in the browser of this test. */
const NAME = 'evil.example';

let browser, server, account, pages, base, port;

before(async () => {
  [browser, server] = await Promise.all([openBrowser([NAME]), launch()]);
  account = await server.account({ name: 'Okul' });
  base = `${server.operations}/console/${account.id}/`;
  port = new URL(server.operations).port;
  pages = createServer((asked, response) => {
    response.setHeader('Content-Type', 'text/html');
    const form = `<form method=post action="${base}courses/new"><input name=name value=x><button>go</button></form>`;
    response.end(`<!doctype html><title>p</title>${asked.url === '/frame' ? `<iframe src="${base}now"></iframe>` : form}`);
  });
  await new Promise((listening) => pages.listen(0, '127.0.0.1', listening));
});

after(async () => {
  await browser?.close();
  pages?.close();
  await server?.stop();
});

async function courses() {
  return (await account.get('/v1/courses')).courses ?? [];
}

const evil = (path = '/') => `http://${NAME}:${pages.address().port}${path}`;

test('a name of another site that leads here gets nothing', async () => {
  // So does a page whose name is led to this machine after it was loaded.
  const { page } = await browser.open();
  const answer = await page.goto(`http://${NAME}:${port}/console/${account.id}/now`);
  assert.equal(answer.status(), 403);
  assert.ok(!(await page.content()).includes('Okul'));
  for (const host of [`${NAME}:${port}`, NAME, 'localhost.evil.example', '10.0.0.1']) {
    assert.equal((await ask('GET', `${base}now`, { Host: host })).status, 403, host);
  }
});

test('a form of another site is refused', async () => {
  const before = (await courses()).length;
  const { page } = await browser.open();
  await page.goto(evil());
  const answering = page.waitForResponse((response) => response.url().includes('/courses/new'));
  await page.locator('button').click();
  const answer = await answering;
  assert.equal(answer.status(), 403);
  assert.equal((await courses()).length, before);
});

test('a script of another site reads nothing, and changes nothing', async () => {
  const before = (await courses()).length;
  const page = await browser.page(evil());
  const tries = await page.evaluate(async (url) => {
    const named = (promise) => promise.then(async (answer) => (answer.type === 'opaque' ? 'opaque' : answer.text()), () => 'nothing');
    return [
      await named(fetch(`${url}now`)),
      await named(fetch(`${url}now`, { credentials: 'include' })),
      await named(fetch(`${url}courses/new`, { method: 'POST', mode: 'no-cors', body: new URLSearchParams({ name: 'x' }) })),
      await named(fetch(`${url}courses/new`, { method: 'POST', headers: { 'HX-Request': 'true' }, body: 'name=x' })),
    ];
  }, base);
  assert.deepEqual(tries, ['nothing', 'nothing', 'opaque', 'nothing']);
  assert.equal((await courses()).length, before);
});

test('each foreign origin is refused, also with the token of a form', async () => {
  const token = formToken((await ask('GET', `${base}courses/new`)).text);
  const form = { form_token: token, name: 'x', courseState: 'ACTIVE', ownerId: account.users.teacher.email };
  const body = new URLSearchParams(form).toString();
  const type = { 'Content-Type': 'application/x-www-form-urlencoded' };
  for (const headers of [
    { Origin: `http://${NAME}` },
    { Origin: 'null' },
    { Origin: server.url },
    { Origin: server.operations.replace('http:', 'https:') },
    { 'Sec-Fetch-Site': 'cross-site' },
    { 'Sec-Fetch-Site': 'same-site' },
  ]) {
    const answer = await ask('POST', `${base}courses/new`, { ...type, ...headers }, body);
    assert.equal(answer.status, 403, JSON.stringify(headers));
  }
  const own = await ask('POST', `${base}courses/new`, { ...type, Origin: server.operations, 'Sec-Fetch-Site': 'same-origin' }, body);
  assert.equal(own.status, 303, own.text.slice(0, 300));
});

test('no site shows the console inside of its page', async () => {
  const { page } = await browser.open();
  await page.goto(evil('/frame'), { waitUntil: 'load' });
  const frame = page.frames().find((frame) => frame !== page.mainFrame());
  assert.ok(!frame || !(await frame.content()).includes('Okul'));
  const { headers } = await ask('GET', `${base}now`);
  assert.match(headers['content-security-policy'], /frame-ancestors 'none'/);
  assert.equal(headers['x-frame-options'], 'DENY');
});

test('the policy allows no script of a page itself, and no other host', async () => {
  for (const path of ['now', 'nothing-here', 'sessions/new']) {
    const policy = (await ask('GET', `${base}${path}`)).headers['content-security-policy'];
    assert.match(policy, /default-src 'none'/, path);
    assert.doesNotMatch(policy, /unsafe|\*|https?:/, path);
  }
});

test('a page is stored by no cache', async () => {
  const { headers } = await ask('GET', `${base}now`);
  assert.match(headers['cache-control'], /no-store/);
});
