// Pages of other origins that call the APIs with `fetch`, as a JavaScript quickstart does. The browser takes the names of the pages to
// this machine, and reaches nothing else.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { openBrowser } from '../../browser/browser.js';
import { serve } from '../../browser/service.js';

const known = process.env.E2E_URL.replace(/\/$/, '');

// Any page of the web. Its name leads to this machine in the browser of this test.
const NAME = 'page.example';

let browser;
let pages;
let own;

/** A server of an empty page. */
async function servePage() {
  const server = createServer((_, response) => response.setHeader('Content-Type', 'text/html').end('<!doctype html><title>p</title>'));
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  return { port: server.address().port, close: () => server.close() };
}

/** A service with keys of its own and these settings: its URLs, its account and how to end it. */
async function start(settings = {}) {
  const service = await serve(settings);
  return { ...service, account: service.accounts[0] };
}

before(async () => {
  browser = await openBrowser([NAME]);
  pages = await servePage();
  own = await start();
});

after(async () => {
  await browser?.close();
  pages?.close();
  await own?.close();
});

/** A page of that host. */
function pageOf(host) {
  return browser.page(`http://${host}:${pages.port}/`);
}

/** What a page gets for a request: the status, the body and some headers, or the word `nothing`. */
function call(page, url, options) {
  return page.evaluate(
    ([url, options]) =>
      fetch(url, options).then(
        async (answer) => ({ status: answer.status, tag: answer.headers.get('etag'), body: await answer.text() }),
        () => 'nothing',
      ),
    [url, options],
  );
}

function json(method, token, body, headers = {}) {
  return { method, headers: { Authorization: token, 'Content-Type': 'application/json', ...headers }, body: JSON.stringify(body) };
}

test('a page of any origin uses each API with a credential', async () => {
  const page = await pageOf(NAME);
  const { token, bearer, organization_key: key } = own.account;
  const made = await call(page, `${own.url}/v1/courses`, json('POST', `Bearer ${token}`, { name: 'Biyoloji', ownerId: 'me' }));
  assert.equal(made.status, 200);
  const { id } = JSON.parse(made.body);
  const change = json('PATCH', `Bearer ${token}`, { room: '301' }, { 'If-Match': '*', 'x-goog-api-client': 'gdcl/1' });
  const changed = await call(page, `${own.url}/v1/courses/${id}?updateMask=room`, change);
  assert.equal(changed.status, 200);
  assert.ok(changed.tag, 'a page reads the tag');
  const session = { name: 'CS201', start_date: '2099-05-05T12:00:00Z', duration: 80 };
  const batch = await call(page, `${own.url}/xapi/v2/session/batch`, json('POST', `Bearer ${bearer}`, [session]));
  assert.equal(batch.status, 200);
  const projects = await call(page, `${own.url}/api/v1/projects`, { headers: { Authorization: key } });
  assert.equal(projects.status, 200);
  const described = await call(page, `${own.url}/$discovery/rest?version=v1`, {});
  assert.equal(JSON.parse(described.body).name, 'classroom');
});

test('a page reads why it was refused', async () => {
  const page = await pageOf(NAME);
  const refused = await call(page, `${own.url}/v1/courses`, { headers: { Authorization: 'Bearer wrong' } });
  assert.equal(refused.status, 401);
  assert.equal(JSON.parse(refused.body).error.status, 'UNAUTHENTICATED');
});

test('a browser is never told to attach cookies', async () => {
  const page = await pageOf(NAME);
  assert.equal(await call(page, `${own.url}/v1/courses`, { credentials: 'include' }), 'nothing');
});

test('the operations listener gives pages nothing', async () => {
  for (const host of [NAME, 'localhost']) {
    assert.equal(await call(await pageOf(host), `${own.operations}/version`, {}), 'nothing');
  }
});

test('with known keys the pages of this machine alone get answers', async () => {
  const request = { headers: { Authorization: 'Bearer demo-admin-token' } };
  for (const host of ['localhost', '127.0.0.1']) {
    assert.equal((await call(await pageOf(host), `${known}/v1/courses`, request)).status, 200);
  }
  assert.equal(await call(await pageOf(NAME), `${known}/v1/courses`, request), 'nothing');
});

test('with known keys the form of a page elsewhere changes nothing', async () => {
  const count = async () => {
    const answer = await fetch(`${known}/v1/courses`, { headers: { Authorization: 'Bearer demo-admin-token' } });
    return ((await answer.json()).courses ?? []).length;
  };
  const before = await count();
  const page = await pageOf(NAME);
  const url = `${known}/v1/courses?access_token=demo-admin-token`;
  await call(page, url, { method: 'POST', mode: 'no-cors', body: JSON.stringify({ name: 'Kimya', ownerId: 'me' }) });
  assert.equal(await count(), before);
});

test('a list narrows the origins, and an empty list ends it', async () => {
  const listed = `http://${NAME}:${pages.port}`;
  for (const [origins, host, expected] of [
    [listed, NAME, 200],
    [listed, 'localhost', 'nothing'],
    ['', NAME, 'nothing'],
  ]) {
    const service = await start({ DERSLIK_HTTP__CORS_ORIGINS: origins });
    try {
      const request = { headers: { Authorization: `Bearer ${service.account.token}` } };
      const answer = await call(await pageOf(host), `${service.url}/v1/courses`, request);
      assert.equal(answer.status ?? answer, expected, `${origins} ${host}`);
    } finally {
      await service.close();
    }
  }
});
