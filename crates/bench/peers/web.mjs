// A careful service on Fastify and pg with two calls of the sessions API, on the table of the service: a batch that creates sessions, and
// one session by its GUID. Items are checked one by one, stored by one prepared statement, and answered in full. It leaves out what the
// service does besides: changes, idempotency, limits, metrics, the log of changes.
//
// usage: node web.mjs PROCESSES   The first line of the input is the URL of the database. Prints its port, and ends with its input.
import cluster from "node:cluster";
import { createHash, randomFillSync, timingSafeEqual } from "node:crypto";
import { createInterface } from "node:readline";

import Fastify from "fastify";
import pg from "pg";

const ACCOUNT = 1329;
const PRINCIPAL = 4490;
const BEARER = "Bearer demo-access|0a026ae54d3dbe248f0afe3efe1148a0112c282d7e705f5caecd5505125c1ad3";
const CONNECTIONS = 4;
const MOST_ITEMS = 1_000;
const LONGEST = { name: 200, description: 10_000, tags: 2_000 };
const PAST_MS = 5 * 60_000;

const INSERT = {
    name: "insert",
    text: `INSERT INTO sessions (account_id, guid, name, name_key, description, description_key, tags, tags_key, start_at, start_civil,
        timezone, duration_minutes, lang, status, replay_status, options, allow_recording, inaccessible_replay, created_by, updated_by,
        created_at, updated_at)
        SELECT $1::bigint, u.guid, u.name, u.name_key, u.description, u.description_key, u.tags, u.tags_key, u.start_at, u.start_civil,
        u.timezone, u.duration, u.lang, 1, 0, u.options, true, false, $2::bigint, $2::bigint, $3::timestamptz, $3::timestamptz
        FROM unnest($4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::timestamptz[],
        $12::timestamp[], $13::text[], $14::smallint[], $15::text[], $16::jsonb[]) AS u (guid, name, name_key, description,
        description_key, tags, tags_key, start_at, start_civil, timezone, duration, lang, options)`,
};
const SELECT = {
    name: "select",
    text: `SELECT guid, name, description, tags, start_civil, timezone, duration_minutes, lang, status, replay_status, options, created_at,
        updated_at FROM sessions WHERE account_id = $1 AND guid = $2 AND status >= 0`,
};
// A civil time is no instant, so it stays a text.
pg.types.setTypeParser(pg.types.builtins.TIMESTAMP, (text) => text.replace(" ", "T"));

const OPTIONS = {
    allow_rating: true,
    preparation_time: 15,
    session_duration: 0,
    chat: {
        offMessageModule: false,
        offGeneralMsging: false,
        offGeneralMsgLimitForUser: false,
        offSpecialMsging: false,
        offSpecialMsgToAdmin: false,
        offSpecialMsgToUser: false,
        offNewMsgSound: false,
        offClearForReplay: false,
        onNewMsgSoundInAll: false,
        onNewMsgNotifyInAll: false,
    },
    duration: { allowExtendTime: true, useRemainingTime: false },
    allow_users_stream_self_cam_mic: true,
    hide_user_streams: false,
    enable_attendance_check: true,
    enable_simultaneous_interpretation: false,
    enable_simultaneous_interpretation_for_users: false,
    start_active: false,
    return_url: "",
    allow_reactions: true,
    enable_recording_auto_start: null,
    skip_approval_on_join: null,
    enable_session_auto_start: null,
    enable_session_auto_finish: null,
};

// The offset of a zone at an instant, such as +03:00. A formatter is dear to make, and an hour has one offset.
const formatters = new Map();
const offsets = new Map();
function offsetAt(zone, instant) {
    const key = `${zone} ${Math.floor(instant / 900_000)}`;
    let offset = offsets.get(key);
    if (offset === undefined) {
        let formatter = formatters.get(zone);
        if (!formatter) {
            formatter = new Intl.DateTimeFormat("en-US", { timeZone: zone, timeZoneName: "longOffset" });
            formatters.set(zone, formatter);
        }
        const name = formatter.formatToParts(instant).find((part) => part.type === "timeZoneName").value.slice(3);
        offset = name === "" ? "+00:00" : name;
        if (offsets.size > 10_000) offsets.clear();
        offsets.set(key, offset);
    }
    return offset;
}

// The instant of a clock face in a zone.
function instantOf(face, zone) {
    const guess = Date.parse(`${face}Z`);
    const first = Date.parse(face + offsetAt(zone, guess));
    return Date.parse(face + offsetAt(zone, first));
}

const FACE = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(:\d{2})?(?:\.\d{1,9})?(?:Z|[+-]\d{2}(?::?\d{2})?)?)?$/;

// The face of a written time, without its offset; null if it is none.
function faceOf(text) {
    const found = typeof text === "string" && FACE.exec(text);
    if (!found) return null;
    const face = `${found[1]}T${found[2] ?? "00:00"}${found[3] ?? ":00"}`;
    return Number.isNaN(Date.parse(`${face}Z`)) ? null : face;
}

const isText = (value, longest) => value == null || (typeof value === "string" && value.length <= longest && !value.includes("\0"));

// What is wrong with an item. Its face and its start are left in `read`.
function problems(item, now, read) {
    const found = [];
    if (typeof item.name !== "string" || item.name.trim() === "" || !isText(item.name, LONGEST.name)) found.push("Invalid session name.");
    for (const field of ["description", "tags"]) if (!isText(item[field], LONGEST[field])) found.push(`Invalid session ${field}.`);
    const minutes = item.duration;
    if (!Number.isInteger(minutes) || minutes < 5 || minutes > 360) found.push("Invalid session duration.");
    if (!isText(item.lang, 20)) found.push("Invalid session language.");
    if (item.options != null && (typeof item.options !== "object" || Array.isArray(item.options))) found.push("Invalid session options.");
    read.zone = item.timezone ?? "Europe/Istanbul";
    read.face = faceOf(item.start_date);
    try {
        read.start = read.face === null ? NaN : instantOf(read.face, read.zone);
    } catch {
        found.push("Invalid session time zone.");
        return found;
    }
    if (!(read.start >= now - PAST_MS)) found.push("Invalid session start date.");
    return found;
}

// GUIDs that grow with time (version 7).
const random = Buffer.alloc(16);
function newGuid(now) {
    randomFillSync(random);
    random.writeUIntBE(now, 0, 6);
    random[6] = 0x70 | (random[6] & 0x0f);
    random[8] = 0x80 | (random[8] & 0x3f);
    const hex = random.toString("hex");
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

const keyOf = (text) => (text == null ? null : text.toLowerCase().replaceAll("ı", "i"));
const tagsKeyOf = (text) => (text == null ? null : `,${keyOf(text).split(",").map((tag) => tag.trim()).join(",")},`);
// A time in the zone of a session.
const shown = (instant, zone) => {
    const offset = offsetAt(zone, instant);
    const sign = offset[0] === "-" ? -1 : 1;
    const minutes = sign * (Number(offset.slice(1, 3)) * 60 + Number(offset.slice(4, 6)));
    return new Date(instant + minutes * 60_000).toISOString().slice(0, -1) + offset;
};

function view(session) {
    return {
        session_guid: session.guid.toUpperCase(),
        name: session.name,
        description: session.description,
        tags: session.tags,
        start_date: session.face + offsetAt(session.timezone, session.start),
        timezone: session.timezone,
        duration: session.duration,
        lang: session.lang,
        status: session.status,
        replay_status: session.replayStatus,
        options: { ...OPTIONS, ...session.options, session_duration: session.duration },
        creation_date: shown(session.createdAt, session.timezone),
        updating_date: shown(session.updatedAt, session.timezone),
    };
}

const digest = (text) => createHash("sha256").update(text).digest();

async function serve(url) {
    const pool = new pg.Pool({ connectionString: url, max: CONNECTIONS });
    const app = Fastify({ bodyLimit: 8 * 1024 * 1024 });
    const expected = digest(BEARER);
    app.addHook("onRequest", async (request, reply) => {
        const sent = request.headers.authorization;
        const isKnown = sent !== undefined && timingSafeEqual(digest(sent), expected);
        if (!isKnown) return reply.code(401).send({ code: 14, details: "unauthorized" });
    });

    const body = { type: "array", maxItems: MOST_ITEMS, items: { type: "object" } };
    app.post("/xapi/v2/session/batch", { schema: { body } }, async (request, reply) => {
        const now = Date.now();
        const sessions = [];
        const rejected = [];
        for (const item of request.body) {
            const read = {};
            const details = problems(item, now, read);
            if (details.length > 0) {
                rejected.push({ model: item, state: { code: 12, details } });
                continue;
            }
            sessions.push({
                guid: newGuid(now),
                name: item.name,
                description: item.description ?? null,
                tags: item.tags ?? null,
                face: read.face,
                start: read.start,
                timezone: read.zone,
                duration: item.duration,
                lang: item.lang ?? "en-US",
                status: 1,
                replayStatus: 0,
                options: item.options ?? {},
                createdAt: now,
                updatedAt: now,
            });
        }
        if (sessions.length > 0) {
            const each = (value) => sessions.map(value);
            await pool.query({
                ...INSERT,
                values: [
                    ACCOUNT,
                    PRINCIPAL,
                    new Date(now),
                    each((one) => one.guid),
                    each((one) => one.name),
                    each((one) => keyOf(one.name)),
                    each((one) => one.description),
                    each((one) => keyOf(one.description)),
                    each((one) => one.tags),
                    each((one) => tagsKeyOf(one.tags)),
                    each((one) => new Date(one.start).toISOString()),
                    each((one) => one.face),
                    each((one) => one.timezone),
                    each((one) => one.duration),
                    each((one) => one.lang),
                    each((one) => JSON.stringify(one.options)),
                ],
            });
        }
        reply.code(rejected.length === 0 ? 200 : sessions.length === 0 ? 400 : 207);
        return { approved: sessions.map(view), rejected };
    });

    app.get("/xapi/v2/session/:guid", async (request, reply) => {
        const guid = request.params.guid;
        const isGuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(guid);
        const rows = isGuid ? (await pool.query({ ...SELECT, values: [ACCOUNT, guid] })).rows : [];
        if (rows.length === 0) return reply.code(404).send({ code: 30, details: "session_not_found" });
        const [row] = rows;
        return view({
            ...row,
            face: row.start_civil,
            start: instantOf(row.start_civil, row.timezone),
            duration: row.duration_minutes,
            replayStatus: row.replay_status,
            createdAt: row.created_at.getTime(),
            updatedAt: row.updated_at.getTime(),
        });
    });

    await app.listen({ host: "127.0.0.1", port: 0 });
}

if (cluster.isPrimary) {
    const lines = createInterface({ input: process.stdin });
    lines.once("line", (url) => {
        const count = Number(process.argv[2]);
        let listening = 0;
        cluster.on("listening", (_, address) => {
            if (++listening === count) process.stdout.write(`${address.port}\n`);
        });
        cluster.on("exit", () => process.exit(1));
        for (let worker = 0; worker < count; worker++) cluster.fork({ PEER_DATABASE_URL: url });
    });
    lines.once("close", () => process.exit(0));
} else {
    await serve(process.env.PEER_DATABASE_URL);
}
