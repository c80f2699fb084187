// The package of all APIs: clients that it builds from the description that the service serves, and the one that it brings.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { google } from 'googleapis';

const base = process.env.E2E_URL.replace(/\/$/, '');

function login(token) {
  const auth = new google.auth.OAuth2();
  auth.setCredentials({ access_token: token });
  return auth;
}

let teacher;
let admin;

before(async () => {
  const discover = (token) => google.discoverAPI(`${base}/$discovery/rest?version=v1`, { auth: login(token) });
  [teacher, admin] = await Promise.all([discover('demo-teacher-token'), discover('demo-admin-token')]);
});

async function newCourse(fields = {}) {
  const requestBody = { name: 'Coğrafya', ownerId: 'me', courseState: 'ACTIVE', ...fields };
  return (await teacher.courses.create({ requestBody })).data.id;
}

test('a course is created, changed and read at the address of the description', async () => {
  const id = await newCourse();
  const patched = await teacher.courses.patch({ id, updateMask: 'room', requestBody: { room: '7' } });
  assert.deepEqual([patched.data.room, new URL(patched.config.url).origin], ['7', base]);
  const { data } = await teacher.courses.list({ courseStates: ['ACTIVE', 'ARCHIVED'], pageSize: 100 });
  assert.ok(data.courses.some((course) => course.id === id));
});

test('methods below a course have the names of the description', async () => {
  const courseId = await newCourse();
  await admin.courses.students.create({ courseId, requestBody: { userId: 'student@demo.example' } });
  await admin.courses.aliases.create({ courseId, requestBody: { alias: `d:${courseId}` } });
  const { data } = await teacher.courses.students.list({ courseId: `d:${courseId}` });
  assert.deepEqual(data.students.map((student) => student.profile.emailAddress), ['student@demo.example']);
});

test('the directory leads to the description', async () => {
  const { data } = await google.discovery({ version: 'v1', rootUrl: `${base}/` }).apis.list({ name: 'classroom' });
  assert.deepEqual(data.items.map((item) => item.id), ['classroom:v1']);
  assert.ok(data.items[0].discoveryRestUrl.startsWith(`${base}/`));
});

test('a method that is described only is answered 501', async () => {
  const courseId = await newCourse();
  const refused = await teacher.courses.courseWork.list({ courseId }).then(() => assert.fail('it was not refused'), (error) => error);
  assert.deepEqual([refused.response.status, refused.response.data.error.status], [501, 'UNIMPLEMENTED']);
});

test('the client of the package needs the address alone', async () => {
  const packaged = google.classroom({ version: 'v1', auth: login('demo-teacher-token'), rootUrl: `${base}/`, retry: false });
  const id = await newCourse({ name: 'Sanat' });
  assert.equal((await packaged.courses.get({ id })).data.name, 'Sanat');
});
