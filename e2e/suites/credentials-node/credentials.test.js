// `GoogleAuth` of the unmodified library with each kind of credentials file.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { createServer as createProxy } from 'node:http';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { classroom } from '@googleapis/classroom';
import { GoogleAuth } from 'google-auth-library';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const program = path.join(process.env.CARGO_TARGET_DIR ?? path.join(root, 'target'), 'debug/derslik');
const place = process.env.E2E_PLACE;
const data = path.join(place, 'data');
const scopes = ['https://www.googleapis.com/auth/classroom.courses'];
// Without the variables that the program would read as settings.
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('DERSLIK_')));

let service;
let proxy;
let base;
let asked = [];

before(async () => {
  const tls = ['--tls-cert', path.join(place, 'certificate.pem'), '--tls-key', path.join(place, 'key.pem')];
  const flags = ['serve', '--fixed-dev-keys', '--listen', '127.0.0.1:0', '--data-dir', data, ...tls];
  service = spawn(program, flags, { env, stdio: ['ignore', 'pipe', 'ignore'] });
  const [line] = await once(createInterface({ input: service.stdout }), 'line');
  const port = Number(line.split(':').at(-1));
  base = `https://localhost:${port}`;
  // A proxy that leads every name of the original to the service, and notes the names.
  proxy = createProxy().on('connect', (request, client, head) => {
    asked.push(request.url.split(':')[0]);
    const server = connect(port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      server.write(head);
      server.pipe(client);
      client.pipe(server);
    });
    for (const end of [client, server]) end.on('error', () => [client, server].forEach((other) => other.destroy()));
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  process.env.HTTPS_PROXY = `http://127.0.0.1:${proxy.address().port}`;
  process.env.NO_PROXY = 'localhost,127.0.0.1';
  // Otherwise the library asks a metadata server at 169.254.169.254 for the project of a user.
  process.env.GOOGLE_CLOUD_PROJECT = 'demo';
  derslik('service-account', 'create', 'timetable', '--account', 'demo', '--role', 'admin', '--act-for', 'teacher@demo.example');
});

after(() => {
  proxy?.close();
  proxy?.closeAllConnections();
  service?.kill();
});

// Runs a command beside the service, and returns what it printed as JSON.
function derslik(...parts) {
  return JSON.parse(execFileSync(program, [...parts, '--json', '--data-dir', data], { env, timeout: 120_000 }));
}

// Makes a credentials file of a kind, and tells client libraries of it.
function credentialsFile(owner, kind, ...more) {
  const file = derslik('token', 'create', owner, '--account', 'demo', '--as', kind, '--url', base, ...more);
  use(file);
  return file;
}

function use(file) {
  const name = path.join(place, 'credentials.json');
  writeFileSync(name, JSON.stringify(file));
  process.env.GOOGLE_APPLICATION_CREDENTIALS = name;
  asked = [];
}

test('a service account gets its token at the server of the original', async () => {
  credentialsFile('timetable', 'service-account');
  const auth = new GoogleAuth({ scopes });
  const { data: answer } = await classroom({ version: 'v1', auth, retry: false }).courses.list({ pageSize: 1 });
  assert.ok(answer);
  assert.match(await auth.getAccessToken(), /^derslik_at_/);
  assert.deepEqual(new Set(asked), new Set(['oauth2.googleapis.com', 'classroom.googleapis.com']));
});

test('a service account acts for a person', async () => {
  credentialsFile('timetable', 'service-account');
  const rosters = ['https://www.googleapis.com/auth/classroom.rosters'];
  const auth = new GoogleAuth({ scopes: rosters, clientOptions: { subject: 'teacher@demo.example' } });
  const { data: profile } = await classroom({ version: 'v1', auth, retry: false }).userProfiles.get({ userId: 'me' });
  assert.equal(profile.id, '102');
  const other = new GoogleAuth({ scopes, clientOptions: { subject: 'student@demo.example' } });
  await assert.rejects(other.getAccessToken(), /invalid_grant/);
});

test('in a domain of its own the library signs its own tokens', async () => {
  credentialsFile('timetable', 'service-account', '--universe-domain', 'okul.example');
  const auth = new GoogleAuth({ scopes });
  const client = classroom({ version: 'v1', auth, universeDomain: 'okul.example', retry: false });
  assert.equal((await client.courses.list({ pageSize: 1 })).status, 200);
  assert.deepEqual(new Set(asked), new Set(['classroom.okul.example']));
});

test('a refresh token is exchanged at the server of the original', async () => {
  credentialsFile('teacher@demo.example', 'authorized-user');
  const auth = new GoogleAuth({ scopes });
  assert.match(await auth.getAccessToken(), /^derslik_at_/);
  assert.deepEqual(asked, ['oauth2.googleapis.com']);
  assert.equal((await classroom({ version: 'v1', auth, retry: false }).courses.list({ pageSize: 1 })).status, 200);
});

test('a refresh token of the external kind is exchanged at the URL of its file', async () => {
  const file = credentialsFile('teacher@demo.example', 'external');
  assert.equal(file.token_url, `${base}/token`);
  const auth = new GoogleAuth({ scopes });
  assert.match(await auth.getAccessToken(), /^derslik_at_/);
  assert.deepEqual(asked, []);
  assert.equal((await classroom({ version: 'v1', auth, rootUrl: `${base}/`, retry: false }).courses.list({ pageSize: 1 })).status, 200);
});

test('a token in a file is exchanged', async () => {
  const token = path.join(place, 'token');
  writeFileSync(token, 'demo-teacher-token');
  use({
    type: 'external_account',
    audience: '//iam.googleapis.com/locations/global/workforcePools/derslik/providers/derslik',
    subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    token_url: `${base}/token`,
    credential_source: { file: token },
  });
  const client = await new GoogleAuth({ scopes }).getClient();
  assert.match((await client.getAccessToken()).token, /^derslik_at_/);
});

test('a revoked refresh token gets no token', async () => {
  const file = credentialsFile('student@demo.example', 'external');
  const [grant] = derslik('grant', 'list', '--account', 'demo', '--user', 'student@demo.example');
  assert.ok(file.client_id.includes(grant.public_id));
  derslik('grant', 'revoke', String(grant.id), '--account', 'demo');
  await assert.rejects(new GoogleAuth({ scopes }).getAccessToken(), /invalid_grant/);
});
