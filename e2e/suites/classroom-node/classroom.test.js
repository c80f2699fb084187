// Every method of the courses API that the Node client knows, unmodified.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { auth, classroom } from '@googleapis/classroom';

const rootUrl = `${process.env.E2E_URL.replace(/\/$/, '')}/`;

function client(name) {
  const oauth = new auth.OAuth2();
  oauth.setCredentials({ access_token: name });
  return classroom({ version: 'v1', auth: oauth, rootUrl, retry: false });
}

const admin = client('demo-admin-token');
const teacher = client('demo-teacher-token');
const student = client('demo-student-token');

async function refused(promise) {
  const error = await promise.then(() => assert.fail('it was not refused'), (error) => error);
  const { code, status, message } = error.response.data.error;
  assert.equal(code, error.response.status);
  return { code, status, message };
}

async function newCourse(fields = {}) {
  const requestBody = { name: 'Biyoloji', ownerId: 'me', courseState: 'ACTIVE', ...fields };
  return (await teacher.courses.create({ requestBody })).data;
}

test('a course lives from create to delete', async () => {
  const { id } = await newCourse();
  const patched = await teacher.courses.patch({ id, updateMask: 'room', requestBody: { room: '301' } });
  assert.equal(patched.data.room, '301');
  const updated = await teacher.courses.update({ id, requestBody: { ...patched.data, name: 'Fizik' } });
  assert.equal(updated.data.name, 'Fizik');
  assert.equal((await refused(teacher.courses.delete({ id }))).status, 'FAILED_PRECONDITION');
  await teacher.courses.patch({ id, updateMask: 'courseState', requestBody: { courseState: 'ARCHIVED' } });
  assert.deepEqual((await teacher.courses.delete({ id })).data, {});
  assert.deepEqual(await refused(teacher.courses.get({ id })), {
    code: 404,
    status: 'NOT_FOUND',
    message: 'Requested entity was not found.',
  });
});

for (const name of ['a/b', 'a b/c', 'ışık Dönem 2', 'درس الأحياء']) {
  test(`an alias may be ${name}`, async () => {
    const alias = `p:${randomUUID()} ${name}`;
    const { id } = await newCourse({ id: alias });
    assert.equal((await teacher.courses.get({ id: alias })).data.id, id);
    assert.equal((await refused(newCourse({ id: alias }))).status, 'ALREADY_EXISTS');
    const domain = alias.replace('p:', 'd:');
    await admin.courses.aliases.create({ courseId: id, requestBody: { alias: domain } });
    const { data } = await admin.courses.aliases.list({ courseId: alias });
    assert.deepEqual(data.aliases, [{ alias: domain }, { alias }]);
    assert.deepEqual((await admin.courses.aliases.delete({ courseId: id, alias: domain })).data, {});
  });
}

test('lists are filtered and go on page by page', async () => {
  const ids = [];
  for (let number = 0; number < 5; number += 1) ids.unshift((await newCourse()).id);
  const found = [];
  let pageToken;
  do {
    const { data } = await teacher.courses.list({ teacherId: 'me', courseStates: ['ACTIVE', 'ARCHIVED'], pageSize: 2, pageToken });
    found.push(...(data.courses ?? []).map((course) => course.id));
    pageToken = data.nextPageToken;
  } while (pageToken && found.length < 5);
  assert.deepEqual(found.slice(0, 5), ids);
  const other = await refused(teacher.courses.list({ teacherId: 'me', pageToken: 'forged' }));
  assert.deepEqual([other.code, other.status], [400, 'INVALID_ARGUMENT']);
});

test('partial answers', async () => {
  const { id } = await newCourse();
  assert.deepEqual((await teacher.courses.get({ id, fields: 'id,name' })).data, { id, name: 'Biyoloji' });
});

test('grading periods', async () => {
  const { id: courseId } = await newCourse();
  const date = (month, day) => ({ year: 2026, month, day });
  const gradingPeriods = [{ title: '1. Dönem', startDate: date(9, 1), endDate: date(12, 31) }];
  const { data } = await teacher.courses.updateGradingPeriodSettings({
    courseId,
    updateMask: 'gradingPeriods,applyToExistingCoursework',
    requestBody: { gradingPeriods, applyToExistingCoursework: true },
  });
  assert.equal(data.applyToExistingCoursework, true);
  assert.deepEqual((await teacher.courses.getGradingPeriodSettings({ courseId })).data, data);
});

test('rosters and profiles', async () => {
  const { id: courseId } = await newCourse();
  const added = await admin.courses.students.create({ courseId, requestBody: { userId: 'student@demo.example' } });
  assert.equal((await student.userProfiles.get({ userId: 'me' })).data.id, added.data.userId);
  assert.equal((await teacher.courses.students.list({ courseId })).data.students.length, 1);
  assert.equal((await teacher.courses.students.get({ courseId, userId: added.data.userId })).data.courseId, courseId);
  assert.deepEqual((await teacher.courses.students.delete({ courseId, userId: added.data.userId })).data, {});
  await admin.courses.teachers.create({ courseId, requestBody: { userId: 'coteacher@demo.example' } });
  assert.equal((await teacher.courses.teachers.list({ courseId })).data.teachers.length, 2);
});

for (const [from, to] of [['ACTIVE', 'PROVISIONED'], ['ACTIVE', 'DECLINED'], ['ACTIVE', 'SUSPENDED']]) {
  test(`${from} does not become ${to}`, async () => {
    const { id } = await newCourse();
    const error = await refused(teacher.courses.patch({ id, updateMask: 'courseState', requestBody: { courseState: to } }));
    assert.deepEqual(error, { code: 400, status: 'FAILED_PRECONDITION', message: 'Precondition check failed.' });
  });
}

test('nobody is let in with a wrong token', async () => {
  assert.equal((await refused(client('wrong').courses.list({}))).status, 'UNAUTHENTICATED');
});
