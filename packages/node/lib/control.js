// Requests to the test control of a running service. It knows HTTP and JSON, and no resource.
import { request as send } from 'node:http';

const ROOT = '/_derslik/v1';

/** The service refused a request of test control. */
export class ControlError extends Error {
  constructor(status, problem) {
    super(`${status}: ${problem?.detail ?? problem?.title ?? JSON.stringify(problem)}`);
    this.name = 'ControlError';
    this.status = status;
    this.problem = problem;
  }
}

/** Sends one request past all proxies, on a connection of its own. */
export function request(base, method, path, { body, headers = {}, timeout = 60_000 } = {}) {
  const isText = typeof body === 'string' || body instanceof Uint8Array;
  const text = body === undefined || isText ? body : JSON.stringify(body);
  const sent = { ...headers };
  if (text !== undefined) {
    if (!isText) sent['Content-Type'] ??= 'application/json';
    sent['Content-Length'] = Buffer.byteLength(text);
  }
  return new Promise((resolve, reject) => {
    const asked = send(new URL(path, base), { method, headers: sent, agent: false, timeout }, (answer) => {
      const parts = [];
      answer.on('error', reject);
      answer.on('data', (part) => parts.push(part));
      answer.on('end', () => {
        try {
          const [bytes, type] = [Buffer.concat(parts), answer.headers['content-type'] ?? ''];
          const read = type.includes('zstd') ? bytes : bytes.toString();
          const value = type.includes('json') && read !== '' ? JSON.parse(read) : read;
          resolve({ status: answer.statusCode, body: read.length === 0 ? undefined : value });
        } catch (error) {
          reject(error);
        }
      });
    });
    asked.on('timeout', () => asked.destroy(new Error(`${method} ${path} was not answered within ${timeout} ms`)));
    asked.on('error', reject);
    asked.end(text);
  });
}

/** The resources below one path of test control. */
export class Control {
  constructor(base, path = '') {
    this.base = base;
    this.path = path;
  }

  below(path) {
    return new Control(this.base, `${this.path}/${path}`);
  }

  /** Sends a request and returns the body of its answer. A refusal is a ControlError. */
  async call(method, path = '', { body, query = {}, contentType, timeout } = {}) {
    const given = Object.entries(query).filter(([, value]) => value !== undefined);
    const text = given.length > 0 ? `?${new URLSearchParams(given)}` : '';
    const target = ROOT + this.path + (path ? `/${path}` : '') + text;
    const headers = contentType ? { 'Content-Type': contentType } : {};
    const answer = await request(this.base, method, target, { body, headers, timeout });
    if (answer.status >= 400) throw new ControlError(answer.status, answer.body);
    return answer.body;
  }
}
