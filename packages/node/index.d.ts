/// <reference lib="esnext.disposable" />

/** RFC 3339 as a text, or a Date. `set` takes what seeds take as well, such as `tomorrow 09:00`. */
export type Instant = string | Date;

/** The parts of a duration, which is of whole seconds. */
export interface Span {
  weeks?: number;
  days?: number;
  hours?: number;
  minutes?: number;
  seconds?: number;
}

/** YAML or JSON as a text, the path of a file that ends so (or its URL), or data. */
export type Seed = string | object;

export type Api = 'sessions' | 'jobs' | 'courses';
export type Role = 'admin' | 'teacher' | 'coteacher' | 'student' | 'stranger';

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

/** The time by which objects go. Leases, timeouts and limits of the service stay on real time. */
export declare class Clock {
  private constructor();
  show(): Promise<ClockState>;
  now(): Promise<Date>;
  freeze(at?: Instant): Promise<ClockState>;
  /** Sets the clock, forwards or backwards. Nothing runs because of it alone. */
  set(to: Instant): Promise<ClockState>;
  /** Moves the clock on: `{ days: 1 }`, `'7d'`, 90 for seconds, or `{ to }` an instant. Returns what ran once all that fell due has. */
  advance(by: Span | string | number | { by: Span | string | number } | { to: Instant }): Promise<Ran[]>;
  runToNextDue(): Promise<Ran[]>;
  resume(): Promise<ClockState>;
  /** Gives the clock back: an account shows the clock of all accounts again, and that one the time of the machine. */
  release(): Promise<void>;
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

export type Preset = 'google-quota' | 'flaky-wifi' | 'lost-replies';

/** Which requests a fault is for, and which of them get it. */
export interface FaultPlan {
  api?: Api;
  /** One method, or several with commas between. */
  method?: string;
  /** `*` is one segment, and `**` at the end is any rest. */
  path?: string;
  nth?: number;
  times?: number;
  probability?: number;
  seed?: number;
}

export interface FaultFields extends FaultPlan {
  /** For the kind `status`. */
  status?: number;
  /** For the status 429, in seconds. */
  retry_after?: number;
  /** For `delay`, and before each piece of `drip`. */
  millis?: number;
  /** For faults of jobs. */
  action?: string;
}

/** A fault. Members that it was added without are null. */
export type Fault = { [Field in keyof FaultFields]: FaultFields[Field] | null } & {
  id: number;
  kind: FaultKind;
  seen: number;
  injected: number;
};

export declare class Faults {
  private constructor();
  add(kind: FaultKind, fields?: FaultFields): Promise<Fault>;
  preset(name: Preset, fields?: FaultPlan): Promise<Fault[]>;
  list(): Promise<Fault[]>;
  remove(fault: Fault | number): Promise<void>;
  clear(): Promise<void>;
}

export interface Match {
  api?: Api;
  /** One method, or several with commas between. */
  method?: string;
  /** `*` is one segment, and `**` at the end is any rest. */
  path?: string;
  status?: number;
  /** A text in the path, the query or the body. */
  contains?: string;
  /** The number of the request after which they came. */
  after?: number;
}

/** A request. `at` is the time of the machine. */
export interface Entry {
  seq: number;
  at: string;
  api: Api | null;
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
  answer_bytes: number | null;
  fault: string | null;
  request_id: string;
}

export declare class Journal {
  private constructor();
  /** The newest requests that match, 100 unless `limit` is another number, oldest first. */
  list(match?: Match & { limit?: number }): Promise<Entry[]>;
  /** `timeout` is in seconds, at most 30. */
  wait(match?: Match, options?: { count?: number; timeout?: number }): Promise<Entry[]>;
  /** Fails with the differences of the nearest requests. `body` is a part of a body. */
  assert(match?: Match & { body?: unknown }, expected?: { count: number } | { at_least: number } | { none: true }): Promise<number[]>;
  /** Each request that matches, those of before first, as they come. It ends if none comes for `timeout` seconds. */
  live(match?: Match, options?: { timeout?: number }): AsyncGenerator<Entry, void, void>;
  curl(match?: Match & { limit?: number }): Promise<string>;
  clear(): Promise<void>;
}

export interface User {
  role: Role;
  /** The id in the courses API. */
  id: string;
  /** The id in the sessions API. */
  guid: string;
  email: string;
  token: string;
}

export interface Snapshot {
  name: string;
  rows: number;
  bytes: number;
}

export interface SeedCounts {
  people: number;
  courses: number;
  sessions: number;
  jobs: number;
}

export interface RequestOptions {
  body?: unknown;
  headers?: Record<string, string>;
}

/** An account with keys for all three APIs. */
export declare class Account implements AsyncDisposable {
  private constructor();
  readonly server: Server;
  readonly url: string;
  readonly id: string;
  readonly name: string;
  readonly accessKey: string;
  readonly secretKey: string;
  /** The bearer of the sessions API. */
  readonly bearer: string;
  /** The key of the jobs API. */
  readonly accountKey: string;
  readonly project: { id: number; key: string; name: string };
  readonly users: Record<Role, User>;
  /** The token of the admin in the courses API. */
  readonly token: string;
  readonly clock: Clock;
  readonly faults: Faults;
  readonly journal: Journal;
  env(): Record<string, string>;
  /** The client of `@googleapis/classroom`, which is installed by itself: `classroom_v1.Classroom`. */
  classroom(role?: Role): Promise<any>;
  request(method: string, path: string, options?: RequestOptions): Promise<{ status: number; body: any }>;
  get(path: string): Promise<any>;
  post(path: string, body?: unknown): Promise<any>;
  put(path: string, body?: unknown): Promise<any>;
  patch(path: string, body?: unknown): Promise<any>;
  delete(path: string): Promise<any>;
  reset(): Promise<void>;
  seed(content: Seed): Promise<SeedCounts>;
  seedExport(): Promise<string>;
  snapshot(name: string): Promise<Snapshot>;
  restore(name: string): Promise<void>;
  snapshotList(): Promise<Snapshot[]>;
  snapshotRemove(name: string): Promise<void>;
  /** A snapshot as the bytes of a file, which `derslik backup verify` takes as well. */
  snapshotSave(name: string): Promise<Uint8Array>;
  /** Keeps the content of such a file as a snapshot, also if it is of another account. */
  snapshotLoad(name: string, content: Uint8Array): Promise<Snapshot>;
  /** Ends the account. An account that has ended stays so. */
  end(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface AccountOptions {
  name?: string;
  /** The first content, to which a reset comes back. */
  seed?: Seed;
  /** In seconds of real time. */
  timeToLive?: number;
  /** Whether its clock stands still: true unless it is named. */
  frozen?: boolean;
}

/** A running service that this process started. */
export declare class Server {
  private constructor();
  readonly url: string;
  readonly operations: string;
  /** The clock of all accounts that have none of their own. */
  readonly clock: Clock;
  static launch(options?: { args?: string[]; settings?: Record<string, string | number | boolean> }): Promise<Server>;
  account(options?: AccountOptions): Promise<Account>;
  accounts(): Promise<{ id: string; name: string }[]>;
  /** Brings all accounts back to their first content. */
  reset(): Promise<void>;
  /** The last requests whose account is not known: their credential is missing or wrong. */
  unmatched(): Promise<Entry[]>;
  stop(): Promise<void>;
}

/** The service refused a request of test control. */
export declare class ControlError extends Error {
  readonly status: number;
  readonly problem: any;
}

/** The service has ended, so it takes no requests. */
export declare class EndedError extends Error {}

export declare const Derslik: {
  /** An account on the service of this process, which the first call starts. */
  start(options?: AccountOptions): Promise<Account>;
  /** Ends the service of this process. It would end with the process, too. */
  stop(): Promise<void>;
};
