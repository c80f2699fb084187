// Drains a queue of jobs that do nothing, with a queue from npm. The first line of the input is the URL of a database, empty or
// used by an earlier run. After "ready" the second line starts the making of the jobs. The program ends with its input.
//
// usage: node peers.mjs graphile|graphile-8|graphile-batched|pg-boss JOBS
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";

import { Logger, makeWorkerUtils, run } from "graphile-worker";
import pg from "pg";
import { PgBoss } from "pg-boss";

const [peer, count] = process.argv.slice(2);
const JOBS = Number(count);
const WORKERS = 8;

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const hear = async () => (await lines.next()).value;
const say = (line) => process.stdout.write(`${line}\n`);

// Writing the log line of a job costs more than the job.
const silent = new Logger(() => () => {});

async function graphile(connectionString, worker) {
    const utils = await makeWorkerUtils({ connectionString, logger: silent });
    await utils.migrate();
    const client = new pg.Client({ connectionString });
    await client.connect();
    await client.query("truncate graphile_worker._private_jobs");
    let left = JOBS;
    let ran;
    const allRan = new Promise((resolve) => (ran = resolve));
    const idle = () => {
        if (--left === 0) ran();
    };
    const runner = await run({
        logger: silent,
        noHandleSignals: true,
        taskList: { idle },
        parsedCronItems: [],
        preset: { worker: { connectionString, ...worker } },
    });
    say("ready");
    await hear();
    await client.query(
        "select graphile_worker.add_jobs(array(select json_populate_record(null::graphile_worker.job_spec, json_build_object('identifier', 'idle', 'payload', json_build_object('n', n))) from generate_series(1, $1::int) n))",
        [JOBS],
    );
    say("enqueued");
    await allRan;
    // graphile-worker deletes a job that is done.
    while ((await client.query("select exists (select from graphile_worker._private_jobs) as live")).rows[0].live) await sleep(2);
    say("drained");
    await hear();
    await runner.stop();
    await utils.release();
    await client.end();
}

async function pgBoss(connectionString) {
    const QUEUE = "idle";
    const BATCH = 1_000;
    const boss = new PgBoss({ connectionString, supervise: false, schedule: false, max: WORKERS });
    boss.on("error", (error) => console.error(error));
    await boss.start();
    await boss.createQueue(QUEUE);
    await boss.deleteAllJobs(QUEUE);
    say("ready");
    await hear();
    for (let made = 0; made < JOBS; made += BATCH) {
        const jobs = Array.from({ length: Math.min(BATCH, JOBS - made) }, (_, n) => ({ data: { n: made + n } }));
        await boss.insert(QUEUE, jobs);
    }
    say("enqueued");
    const drain = async () => {
        for (;;) {
            const jobs = await boss.fetch(QUEUE, { batchSize: BATCH });
            if (jobs.length === 0) return;
            await boss.complete(QUEUE, jobs.map((job) => job.id));
        }
    };
    await Promise.all(Array.from({ length: Number(process.argv[4] ?? 4) }, drain));
    say("drained");
    await hear();
    await boss.stop({ graceful: false });
}

const EIGHT = { concurrentJobs: WORKERS, maxPoolSize: WORKERS + 2 };

const PEERS = {
    "graphile": (url) => graphile(url, {}),
    "graphile-8": (url) => graphile(url, EIGHT),
    "graphile-batched": (url) =>
        graphile(url, { ...EIGHT, localQueue: { size: 500 }, completeJobBatchDelay: 0, failJobBatchDelay: 0 }),
    "pg-boss": pgBoss,
};

await PEERS[peer](await hear());
process.exit(0);
