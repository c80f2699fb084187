// Programs that are told a domain, or carry no credential at all. A proxy takes the name of the service to it, as the hosts file of an
// installation would.
import assert from 'node:assert/strict';
import { execFile, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const here = dirname(fileURLToPath(import.meta.url));
const program = join(process.env.CARGO_TARGET_DIR ?? join(resolve(here, '../../..'), 'target'), 'debug', 'derslik');
const HOST = 'classroom.okul.example';
const ACCOUNT = 'timetable@1329.iam.derslik.internal';
const CREATE = ['service-account', 'create', 'timetable', '--account', 'demo', '--role', 'admin'];
CREATE.push('--scope', 'classroom.courses', '--scope', 'classroom.rosters');
const FOREIGN = /^(DERSLIK_|GCE_|GOOGLE_|CLOUDSDK_|https?_proxy$|no_proxy$)/i;
const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !FOREIGN.test(name)));

let folder;
let service;
let proxy;
let metadata;
let client;

/** An authority of the test, and its certificate for the host. */
function writeCertificates() {
  const openssl = (...args) => execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl('req', '-x509', ...key, '-keyout', 'authority.key', '-out', 'authority.pem', '-days', '1', '-subj', '/CN=authority of the test');
  openssl('req', ...key, '-keyout', 'key.pem', '-out', 'request.pem', '-subj', `/CN=${HOST}`);
  writeFileSync(join(folder, 'names'), `subjectAltName=DNS:${HOST}\n`);
  const signed = ['-CA', 'authority.pem', '-CAkey', 'authority.key', '-CAcreateserial', '-days', '1', '-extfile', 'names'];
  openssl('x509', '-req', '-in', 'request.pem', ...signed, '-out', 'certificate.pem');
}

/** A proxy that takes the name of the service to its address, and refuses every other. */
async function startProxy(port) {
  const server = createServer((_, response) => response.writeHead(502).end());
  server.on('connect', (request, socket) => {
    if (request.url !== `${HOST}:443`) return socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
    const target = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      target.pipe(socket).pipe(target);
    });
    for (const end of [socket, target]) end.on('error', () => [socket, target].forEach((other) => other.destroy()));
  });
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  return { url: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'derslik-'));
  writeCertificates();
  const data = ['--data-dir', join(folder, 'data')];
  const tls = ['--tls-cert', join(folder, 'certificate.pem'), '--tls-key', join(folder, 'key.pem')];
  service = spawn(program, ['serve', '--json', '--fixed-dev-keys', '--listen', '127.0.0.1:0', '--ops-listen', 'off', ...data, ...tls], {
    env: {
      ...environment,
      DERSLIK_METADATA__LISTEN: '127.0.0.1:0',
      DERSLIK_METADATA__SERVICE_ACCOUNT: ACCOUNT,
      DERSLIK_METADATA__UNIVERSE_DOMAIN: 'okul.example',
    },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const banner = await new Promise((found, failed) => {
    createInterface({ input: service.stdout }).once('line', found);
    service.once('exit', (code) => failed(new Error(`the service ended with code ${code}`)));
  });
  const shown = JSON.parse(banner);
  metadata = shown.metadata.replace('http://', '');
  proxy = await startProxy(Number(new URL(shown.url).port));
  execFileSync(program, [...CREATE, ...data], { env: environment, stdio: 'ignore' });
  client = {
    ...environment,
    HOME: folder,
    HTTPS_PROXY: proxy.url,
    NO_PROXY: '127.0.0.1',
    NODE_EXTRA_CA_CERTS: join(folder, 'authority.pem'),
    GOOGLE_CLOUD_UNIVERSE_DOMAIN: 'okul.example',
  };
});

after(async () => {
  proxy?.close();
  if (service) {
    service.removeAllListeners('exit');
    const ended = new Promise((end) => service.once('exit', end));
    service.kill();
    await ended;
  }
  rmSync(folder, { recursive: true, force: true });
});

/** What a program of a user prints as JSON. */
async function run(source, variables = {}) {
  const ended = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', source], {
    cwd: here,
    env: { ...client, ...variables },
    timeout: 120_000,
  });
  return JSON.parse(ended.stdout);
}

test('a domain is all that a client is told', async () => {
  const name = await run(`
    import { auth, classroom } from '@googleapis/classroom';
    const oauth = new auth.OAuth2({ universeDomain: 'okul.example' });
    oauth.setCredentials({ access_token: 'demo-teacher-token' });
    const courses = classroom({ version: 'v1', auth: oauth }).courses;
    const { data } = await courses.create({ requestBody: { name: 'Biyoloji', ownerId: 'me' } });
    console.log(JSON.stringify((await courses.get({ id: data.id })).data.name));
  `);
  assert.equal(name, 'Biyoloji');
});

test('a program without credentials uses those of the metadata server', async () => {
  const found = await run(
    `
    import { auth, classroom } from '@googleapis/classroom';
    const scopes = ['https://www.googleapis.com/auth/classroom.courses'];
    // This library does not ask the metadata server for the domain.
    const google = new auth.GoogleAuth({ scopes, universeDomain: 'okul.example' });
    const courses = classroom({ version: 'v1', auth: google, retry: false }).courses;
    const { data } = await courses.create({ requestBody: { name: 'Fizik', ownerId: 'teacher@demo.example' } });
    const roster = await courses.students.list({ courseId: data.id }).catch((error) => error.response);
    console.log(JSON.stringify([await google.getProjectId(), await google.getUniverseDomain(), data.name, roster.status]));
    `,
    { GCE_METADATA_HOST: metadata },
  );
  assert.deepEqual(found, ['derslik-1329', 'okul.example', 'Fizik', 403]);
});

test('the library finds no metadata server where none is named', async () => {
  const failed = await run(
    `
    import { auth } from '@googleapis/classroom';
    const google = new auth.GoogleAuth({ scopes: ['https://www.googleapis.com/auth/classroom.courses'] });
    console.log(JSON.stringify(await google.getClient().then(() => 'a client', (error) => String(error.message))));
    `,
    { METADATA_SERVER_DETECTION: 'none' },
  );
  assert.match(failed, /default credentials/);
});
