/** An instant: RFC 3339, or a date. */
export type Instant = string | Date;

/** A duration: a text such as `7d` or `90s`, or its parts. */
export interface Span {
  weeks?: number;
  days?: number;
  hours?: number;
  minutes?: number;
  seconds?: number;
  milliseconds?: number;
}

export interface ClockState {
  now: string;
  frozen: boolean;
  own: boolean;
  next_due: string | null;
}

/** Something that ran because the clock reached its time. */
export interface Ran {
  due: string;
  account: string;
  kind: 'job' | 'sessions_expired' | string;
  job?: number;
  action?: string;
  outcome?: 'completed' | 'failed' | 'retried';
  sessions?: number;
}

/** The clock of one account. Leases, timeouts and limits of the service stay on real time. */
export interface Clock {
  show(): Promise<ClockState>;
  now(): Promise<Date>;
  freeze(at?: Instant): Promise<ClockState>;
  /** Sets the clock, forwards or backwards. Nothing runs. */
  set(to: Instant): Promise<ClockState>;
  /** Moves the clock on, and returns what ran once all that fell due has. */
  advance(by: Span | { by: string } | { to: Instant }): Promise<Ran[]>;
  runToNextDue(): Promise<Ran[]>;
  resume(): Promise<ClockState>;
}

export type FaultKind =
  | 'status'
  | 'delay'
  | 'drip'
  | 'truncate'
  | 'reset'
  | 'lose-answer'
  | 'database-away'
  | 'job-fails'
  | 'job-hangs'
  | 'job-panics';

export interface FaultFields {
  api?: 'sessions' | 'jobs' | 'courses';
  method?: string;
  path?: string;
  nth?: number;
  times?: number;
  probability?: number;
  seed?: number;
  status?: number;
  retry_after?: number;
  millis?: number;
  action?: string;
}

export interface Fault extends FaultFields {
  id: number;
  kind: FaultKind;
  seen: number;
  injected: number;
}

export interface Faults {
  add(kind: FaultKind, fields?: FaultFields): Promise<Fault>;
  preset(name: 'google-quota' | 'flaky-wifi' | 'lost-replies'): Promise<Fault[]>;
  list(): Promise<Fault[]>;
  remove(fault: Fault | number): Promise<void>;
  clear(): Promise<void>;
}

export interface Match {
  api?: 'sessions' | 'jobs' | 'courses';
  method?: string;
  /** `*` is one segment, and `**` at the end is any rest. */
  path?: string;
  status?: number;
  contains?: string;
  after?: number;
}

export interface Entry {
  seq: number;
  at: string;
  api: string;
  method: string;
  path: string;
  query: string | null;
  route: string | null;
  headers: Record<string, string>;
  body: unknown;
  body_bytes: number;
  /** `null` where no answer was sent. */
  status: number | null;
  millis: number;
  answer_bytes: number;
  fault: string | null;
  request_id: string;
}

export interface Journal {
  list(match?: Match & { limit?: number }): Promise<Entry[]>;
  /** `timeout` is in seconds. */
  wait(match?: Match, options?: { count?: number; timeout?: number }): Promise<Entry[]>;
  /** Fails with the differences of the nearest requests. `body` is a part of a body. */
  assert(match?: Match & { body?: unknown }, expected?: { count: number } | { at_least: number } | { none: true }): Promise<number[]>;
  curl(match?: Match): Promise<string>;
  clear(): Promise<void>;
}

export interface User {
  role: string;
  /** The id in the courses API. */
  id: string;
  /** The id in the sessions API. */
  guid: string;
  email: string;
  token: string;
}

/** An account with keys for all three APIs. */
export declare class Account implements AsyncDisposable {
  readonly url: string;
  readonly id: string;
  readonly name: string;
  readonly token: string;
  readonly users: Record<string, User>;
  readonly perculus: { url: string; authUrl: string; accessKey: string; secretKey: string; authorization: string };
  readonly openreplay: { url: string; key: string; projectKey: string };
  readonly clock: Clock;
  readonly faults: Faults;
  readonly journal: Journal;
  env(): Record<string, string>;
  /** The client of `@googleapis/classroom`, which is installed by itself: `classroom_v1.Classroom`. */
  classroom(role?: string): Promise<any>;
  request(method: string, path: string, options?: { body?: unknown; headers?: Record<string, string> }): Promise<{ status: number; body: any }>;
  get(path: string): Promise<any>;
  post(path: string, body: unknown): Promise<any>;
  reset(): Promise<void>;
  /** YAML as a text, or data. */
  seed(document: string | object): Promise<unknown>;
  seedExport(): Promise<string>;
  snapshot(name: string): Promise<unknown>;
  restore(name: string): Promise<void>;
  /** A snapshot as the bytes of a file, which `derslik backup verify` takes as well. */
  snapshotSave(name: string): Promise<Uint8Array>;
  /** Keeps the content of such a file as a snapshot, also if it is of another account. */
  snapshotLoad(name: string, content: Uint8Array): Promise<unknown>;
  end(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A running service that this process started. */
export declare class Server {
  readonly url: string;
  readonly operations: string;
  static launch(options?: { args?: string[]; settings?: Record<string, string> }): Promise<Server>;
  stop(): Promise<void>;
}

export declare class ControlError extends Error {
  readonly status: number;
  readonly problem: any;
}

export declare const Derslik: {
  start(options?: { name?: string; seed?: string | object; frozen?: boolean }): Promise<Account>;
  stop(): Promise<void>;
};
