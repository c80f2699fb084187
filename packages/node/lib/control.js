// Requests to the test control of a running service. It knows HTTP and JSON, and no resource.
'use strict';

const { request: send } = require('node:http');

const ROOT = '/_derslik/v1';
// How often, and in which intervals, is looked whether the service has ended.
const [LOOKS, INTERVAL] = [100, 10];

/** The service refused a request of test control. */
class ControlError extends Error {
  constructor(status, problem, sent) {
    super(`${status}: ${told(problem, sent)}`);
    this.name = 'ControlError';
    this.status = status;
    this.problem = problem;
  }
}

/** The service has ended, so it takes no requests. */
class EndedError extends Error {
  constructor(message) {
    super(message);
    this.name = 'EndedError';
  }
}

/** What is wrong, and where: the field, the line, the value that was sent, and the requests that come nearest. */
function told(problem, sent) {
  if (problem === null || typeof problem !== 'object') return String(problem);
  let text = problem.detail ?? problem.title ?? JSON.stringify(problem);
  const { field, line } = problem;
  const value = problem.value ?? at(sent, field);
  if (field && !text.includes(field)) text = `${field}: ${text}`;
  if (value !== undefined && !hasWord(text, String(value))) text += `; it was ${JSON.stringify(value)}`;
  if (line && !text.includes(`line ${line}`)) text += ` (line ${line})`;
  return [text, ...nearest(problem)].join('\n');
}

function hasWord(text, word) {
  const escaped = word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`(?<![\\p{L}\\p{N}_])${escaped}(?![\\p{L}\\p{N}_])`, 'u').test(text);
}

/** The value of what was sent that a field such as `courses.1.state` names; nothing if there is none, or if it is long. */
function at(sent, field) {
  if (!field || typeof sent !== 'object') return undefined;
  const value = field.split('.').reduce((part, name) => (part !== null && typeof part === 'object' ? part[name] : undefined), sent);
  const isShown = ['string', 'number', 'boolean'].includes(typeof value) && String(value).length <= 200;
  return isShown ? value : undefined;
}

/** A line for each request that comes nearest to what was expected, and one for each part of it that is not as expected. */
function nearest(problem) {
  return (problem?.nearest ?? []).flatMap(({ seq, method, path, differences }) => {
    const what = `request ${seq}, ${method} ${path}, ${differences.length > 0 ? 'differs:' : 'matches'}`;
    const parts = differences.map(({ field, expected, found }) => {
      return `  ${field}: expected ${JSON.stringify(expected)}, found ${JSON.stringify(found)}`;
    });
    return [what, ...parts];
  });
}

/** Sends one request past all proxies, on a connection of its own, and resolves with the beginning of the answer. */
function ask(base, method, path, { body, headers = {}, timeout = 60_000, signal } = {}) {
  const isText = typeof body === 'string' || body instanceof Uint8Array;
  const text = body === undefined || isText ? body : JSON.stringify(body);
  const sent = { ...headers };
  if (text !== undefined) {
    if (!isText) sent['Content-Type'] ??= 'application/json';
    sent['Content-Length'] = Buffer.byteLength(text);
  }
  return new Promise((resolve, reject) => {
    const asked = send(new URL(path, base), { method, headers: sent, agent: false, timeout, signal }, resolve);
    asked.on('timeout', () => asked.destroy(new Error(`${method} ${path} was not answered within ${timeout} ms`)));
    asked.on('error', reject);
    asked.end(text);
  });
}

/** The status of an answer, and its body as JSON, text or bytes. */
async function read(answer) {
  const parts = [];
  for await (const part of answer) parts.push(part);
  const [bytes, type] = [Buffer.concat(parts), answer.headers['content-type'] ?? ''];
  if (bytes.length === 0) return { status: answer.statusCode, body: undefined };
  if (type.includes('zstd')) return { status: answer.statusCode, body: bytes };
  const text = bytes.toString();
  return { status: answer.statusCode, body: type.includes('json') ? JSON.parse(text) : text };
}

/** Whether the service has ended. One that is about to end still takes connections, and answers nothing. */
async function hasEnded(base) {
  for (let look = 0; look < LOOKS; look += 1) {
    try {
      await read(await ask(base, 'GET', '/', { timeout: 1_000 }));
      return false;
    } catch (error) {
      if (error.code === 'ECONNREFUSED') return true;
      if (error.code === undefined) return false;
      await new Promise((resolve) => setTimeout(resolve, INTERVAL));
    }
  }
  return false;
}

/** The resources below one path of test control. `ended` tells how the process has ended that serves. */
class Control {
  constructor(base, ended, path = '') {
    this.base = base;
    this.ended = ended;
    this.path = path;
  }

  below(path) {
    return new Control(this.base, this.ended, `${this.path}/${path}`);
  }

  /** Sends a request and returns the body of its answer. A refusal is a ControlError. */
  async call(method, path = '', { body, query = {}, contentType, timeout } = {}) {
    const headers = contentType ? { 'Content-Type': contentType } : {};
    const answer = await this.send(this.base, method, this.#target(path, query), { body, headers, timeout });
    if (answer.status >= 400) throw new ControlError(answer.status, answer.body, body ?? query);
    return answer.body;
  }

  /** Sends a request to one of the addresses of the service. Tells if there is no answer because the service has ended. */
  async send(base, method, path, options) {
    try {
      return await read(await ask(base, method, path, options));
    } catch (error) {
      throw await this.#explained(error);
    }
  }

  /** The data of server-sent events, until the answer ends, or until none comes for `patience` milliseconds. A comment is undefined. */
  async *events(path, query, patience) {
    const abort = new AbortController();
    let timer;
    const wait = () => {
      clearTimeout(timer);
      if (patience !== undefined) timer = setTimeout(() => abort.abort(), patience);
    };
    wait();
    try {
      const headers = { Accept: 'text/event-stream' };
      const answer = await ask(this.base, 'GET', this.#target(path, query), { headers, timeout: 0, signal: abort.signal });
      if (answer.statusCode >= 400) throw new ControlError(answer.statusCode, (await read(answer)).body, query);
      answer.setEncoding('utf8');
      let rest = '';
      for await (const part of answer) {
        wait();
        const lines = (rest + part).split('\n');
        rest = lines.pop();
        for (const line of lines) {
          if (line.startsWith('data: ')) yield JSON.parse(line.slice(6));
          else if (line.startsWith(':')) yield undefined;
        }
      }
    } catch (error) {
      if (abort.signal.aborted) return;
      throw error instanceof ControlError ? error : await this.#explained(error);
    } finally {
      clearTimeout(timer);
      abort.abort();
    }
  }

  #target(path, query) {
    const given = Object.entries(query).filter(([, value]) => value !== undefined);
    return ROOT + this.path + (path ? `/${path}` : '') + (given.length > 0 ? `?${new URLSearchParams(given)}` : '');
  }

  async #explained(error) {
    return (await hasEnded(this.base)) ? new EndedError(await this.ended()) : error;
  }
}

module.exports = { Control, ControlError, EndedError, nearest };
